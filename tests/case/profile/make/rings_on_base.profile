defaultAction "SCMP_ACT_ERRNO"
architectures ["SCMP_ARCH_X86_64"]
{"names":["setxattr"],"action":"SCMP_ACT_ERRNO","errnoRet":1}
{"names":["io_uring_setup"],"action":"SCMP_ACT_ERRNO","errnoRet":38}
{"names":["io_uring_enter"],"action":"SCMP_ACT_ALLOW"}
