defaultAction "SCMP_ACT_ERRNO"
defaultErrnoRet 38
architectures ["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]
flags ["SECCOMP_FILTER_FLAG_LOG"]
x-vendor {"kept":[null,18446744073709551615,1.5]}
{"comment":"whatever stands here stays","names":["read","write","openat","close","mknod","mknodat","setxattr","lsetxattr","fsetxattr","chmod","fchmod","clone3","ioctl"],"action":"SCMP_ACT_ALLOW"}
{"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":4294967295,"op":"SCMP_CMP_EQ"}]}
{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":16,"valueTwo":0,"op":"SCMP_CMP_NE"},{"index":1,"value":15,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["kexec_load"],"action":"SCMP_ACT_ERRNO","errnoRet":1}
{"names":["chroot"],"action":"SCMP_ACT_LOG"}
