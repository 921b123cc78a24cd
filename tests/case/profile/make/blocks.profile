defaultAction "SCMP_ACT_ALLOW"
architectures ["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]
listenerPath "\/run\/x.sock"
listenerMetadata "p"
flags ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]
{"names":["mknod"],"action":"SCMP_ACT_NOTIFY","args":[{"index":1,"value":61440,"valueTwo":24576,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["setxattr","fsetxattr"],"action":"SCMP_ACT_NOTIFY","args":[{"index":3,"value":1,"op":"SCMP_CMP_EQ"}]}
{"names":["mount"],"action":"SCMP_ACT_NOTIFY"}
