defaultAction "SCMP_ACT_ALLOW"
architectures ["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]
syscalls []
