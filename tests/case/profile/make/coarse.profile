defaultAction "SCMP_ACT_ALLOW"
architectures ["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]
listenerPath "\/l"
listenerMetadata "p"
{"names":["mknod"],"action":"SCMP_ACT_NOTIFY","args":[{"index":1,"value":61440,"valueTwo":8192,"op":"SCMP_CMP_MASKED_EQ"}]}
