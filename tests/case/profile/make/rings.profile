defaultAction "SCMP_ACT_ALLOW"
architectures ["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]
{"names":["setxattr"],"action":"SCMP_ACT_ERRNO","errnoRet":1}
{"names":["io_uring_setup"],"action":"SCMP_ACT_ERRNO","errnoRet":38}
