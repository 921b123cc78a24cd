defaultAction "SCMP_ACT_ALLOW"
architectures ["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]
listenerPath "\/l"
listenerMetadata "p"
{"names":["mknod"],"action":"SCMP_ACT_NOTIFY","args":[{"index":1,"value":61440,"valueTwo":8192,"op":"SCMP_CMP_MASKED_EQ"},{"index":2,"value":4294967295,"valueTwo":259,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["mknod"],"action":"SCMP_ACT_NOTIFY","args":[{"index":1,"value":61440,"valueTwo":8192,"op":"SCMP_CMP_MASKED_EQ"},{"index":2,"value":1048320,"valueTwo":2560,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["mknod"],"action":"SCMP_ACT_NOTIFY","args":[{"index":1,"value":61440,"valueTwo":24576,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["mknodat"],"action":"SCMP_ACT_NOTIFY","args":[{"index":2,"value":61440,"valueTwo":8192,"op":"SCMP_CMP_MASKED_EQ"},{"index":3,"value":4294967295,"valueTwo":259,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["mknodat"],"action":"SCMP_ACT_NOTIFY","args":[{"index":2,"value":61440,"valueTwo":8192,"op":"SCMP_CMP_MASKED_EQ"},{"index":3,"value":1048320,"valueTwo":2560,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["setxattr","fsetxattr"],"action":"SCMP_ACT_NOTIFY","args":[{"index":3,"value":1,"op":"SCMP_CMP_EQ"}]}
{"names":["bpf","kexec_load"],"action":"SCMP_ACT_ERRNO","errnoRet":38}
