defaultAction "SCMP_ACT_ALLOW"
architectures ["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]
listenerPath "\/l"
listenerMetadata "p"
{"names":["mknod"],"action":"SCMP_ACT_NOTIFY","args":[{"index":1,"value":61440,"valueTwo":24576,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["setxattr","fsetxattr"],"action":"SCMP_ACT_NOTIFY","args":[{"index":3,"value":1,"op":"SCMP_CMP_EQ"}]}
{"names":["mount"],"action":"SCMP_ACT_NOTIFY"}
{"names":["mknod"],"action":"SCMP_ACT_ERRNO","errnoRet":22,"args":[{"index":1,"value":61440,"valueTwo":4096,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["ptrace"],"action":"SCMP_ACT_ERRNO","errnoRet":13,"args":[{"index":4,"value":1,"op":"SCMP_CMP_GT"}]}
{"names":["setxattr"],"action":"SCMP_ACT_ERRNO","errnoRet":13,"args":[{"index":3,"value":1,"op":"SCMP_CMP_NE"},{"index":4,"value":1,"op":"SCMP_CMP_GT"}]}
{"names":["bpf"],"action":"SCMP_ACT_ERRNO"}
{"names":["fsetxattr"],"action":"SCMP_ACT_ERRNO","args":[{"index":3,"value":1,"op":"SCMP_CMP_NE"}]}
