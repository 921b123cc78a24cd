defaultAction "SCMP_ACT_ERRNO"
defaultErrnoRet 1
archMap [{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]},{"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}]
listenerPath "\/l"
listenerMetadata "p"
{"names":["mknod"],"action":"SCMP_ACT_NOTIFY","args":[{"index":1,"value":61440,"valueTwo":24576,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["setxattr","fsetxattr"],"action":"SCMP_ACT_NOTIFY","args":[{"index":3,"value":1,"op":"SCMP_CMP_EQ"}]}
{"names":["mount"],"action":"SCMP_ACT_NOTIFY"}
{"names":["read","mknodat"],"action":"SCMP_ACT_ALLOW"}
{"names":["setxattr","fsetxattr"],"action":"SCMP_ACT_ALLOW","args":[{"index":3,"value":1,"op":"SCMP_CMP_NE"}]}
{"names":["lsetxattr"],"action":"SCMP_ACT_ALLOW","args":null,"includes":{"caps":["CAP_SYS_ADMIN"]},"excludes":{}}
{"names":["mknod"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":32768,"valueTwo":32768,"op":"SCMP_CMP_MASKED_EQ"}],"includes":{"caps":["CAP_SYS_ADMIN"]},"excludes":{}}
{"names":["mknod"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":49152,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}],"includes":{"caps":["CAP_SYS_ADMIN"]},"excludes":{}}
{"names":["mknod"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":57344,"valueTwo":16384,"op":"SCMP_CMP_MASKED_EQ"}],"includes":{"caps":["CAP_SYS_ADMIN"]},"excludes":{}}
{"names":["mknod"],"action":"SCMP_ACT_ALLOW","args":[{"index":1,"value":61440,"valueTwo":28672,"op":"SCMP_CMP_MASKED_EQ"}],"includes":{"caps":["CAP_SYS_ADMIN"]},"excludes":{}}
{"names":["mknod"],"action":"SCMP_ACT_ERRNO","errnoRet":38,"includes":{},"excludes":{"caps":["CAP_SYS_ADMIN"]},"args":[{"index":1,"value":32768,"valueTwo":32768,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["mknod"],"action":"SCMP_ACT_ERRNO","errnoRet":38,"includes":{},"excludes":{"caps":["CAP_SYS_ADMIN"]},"args":[{"index":1,"value":49152,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["mknod"],"action":"SCMP_ACT_ERRNO","errnoRet":38,"includes":{},"excludes":{"caps":["CAP_SYS_ADMIN"]},"args":[{"index":1,"value":57344,"valueTwo":16384,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["mknod"],"action":"SCMP_ACT_ERRNO","errnoRet":38,"includes":{},"excludes":{"caps":["CAP_SYS_ADMIN"]},"args":[{"index":1,"value":61440,"valueTwo":28672,"op":"SCMP_CMP_MASKED_EQ"}]}
{"names":["ptrace"],"action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8"}}
{"name":"arch_prctl","action":"SCMP_ACT_ALLOW","includes":{"arches":["amd64","x32"]}}
