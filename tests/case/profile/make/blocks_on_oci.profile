defaultAction "SCMP_ACT_ERRNO"
defaultErrnoRet 38
architectures ["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]
flags ["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]
x-vendor {"kept":[null,18446744073709551615,1.5]}
listenerPath "\/l"
listenerMetadata "p"
{"names":["mknod"],"action":"SCMP_ACT_NOTIFY","args":[{"index":1,"value":61440,"valueTwo":24576,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["setxattr","fsetxattr"],"action":"SCMP_ACT_NOTIFY","args":[{"index":3,"value":1,"op":"SCMP_CMP_EQ"}]}
{"names":["mount"],"action":"SCMP_ACT_NOTIFY"}
{"comment":"whatever stands here stays","names":["read","write","openat","close","mknodat","lsetxattr","chmod","fchmod","clone3","ioctl"],"action":"SCMP_ACT_ALLOW"}
{"comment":"whatever stands here stays","names":["mknod"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":32768,"valueTwo":32768,"op":"SCMP_CMP_MASKED_EQ"}]}
{"comment":"whatever stands here stays","names":["mknod"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":49152,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}
{"comment":"whatever stands here stays","names":["mknod"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":57344,"valueTwo":16384,"op":"SCMP_CMP_MASKED_EQ"}]}
{"comment":"whatever stands here stays","names":["mknod"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":61440,"valueTwo":28672,"op":"SCMP_CMP_MASKED_EQ"}]}
{"comment":"whatever stands here stays","names":["setxattr","fsetxattr"],"action":"SCMP_ACT_ALLOW","args":[{"index":3,"value":1,"op":"SCMP_CMP_NE"}]}
{"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":4294967295,"op":"SCMP_CMP_EQ"}]}
{"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":16,"valueTwo":0,"op":"SCMP_CMP_NE"},{"index":1,"value":15,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["kexec_load"],"action":"SCMP_ACT_ERRNO","errnoRet":1}
{"names":["chroot"],"action":"SCMP_ACT_LOG"}
