defaultAction "SCMP_ACT_ALLOW"
listenerPath "\/l"
listenerMetadata "p"
{"names":["mknod"],"action":"SCMP_ACT_NOTIFY","args":[{"index":1,"value":61440,"valueTwo":24576,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["setxattr","fsetxattr"],"action":"SCMP_ACT_NOTIFY","args":[{"index":3,"value":1,"op":"SCMP_CMP_EQ"}]}
{"names":["mount"],"action":"SCMP_ACT_NOTIFY"}
{"names":["bpf"],"action":"SCMP_ACT_NOTIFY"}
