# SPDX-License-Identifier: LGPL-2.1-or-later
# With DEPUTY_KERNEL_TREE, a kernel's source, its uapi headers come before the
# system's. They are installed into the build tree when it is configured.
if(DEPUTY_KERNEL_TREE)
	set(headers ${PROJECT_BINARY_DIR}/kernel-headers)
	get_filename_component(tree ${DEPUTY_KERNEL_TREE} ABSOLUTE)
	if(NOT EXISTS ${tree}/include/uapi/linux/seccomp.h)
		message(FATAL_ERROR
			"DEPUTY_KERNEL_TREE: ${tree} is no Linux source tree")
	endif()
	file(TIMESTAMP ${tree}/include/uapi/linux/seccomp.h made)
	set(stamp "${tree} ${made}")
	if(NOT DEPUTY_KERNEL_HEADERS STREQUAL stamp)
		message(STATUS "Installing the kernel's headers from ${tree}")
		# Not headers_install, which wants rsync; and nothing in the tree,
		# which else could not be built out of it any more.
		execute_process(COMMAND make -s -C ${tree} O=${headers} headers
			RESULT_VARIABLE failed OUTPUT_VARIABLE said
			ERROR_VARIABLE said)
		if(failed)
			message(FATAL_ERROR "make headers: ${said}")
		endif()
		set(DEPUTY_KERNEL_HEADERS "${stamp}" CACHE INTERNAL
			"what is in kernel-headers")
	endif()
	target_include_directories(deputy-flags SYSTEM BEFORE INTERFACE
		${headers}/usr/include)
endif()
