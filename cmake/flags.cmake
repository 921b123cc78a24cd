# SPDX-License-Identifier: LGPL-2.1-or-later
# With CMAKE_POSITION_INDEPENDENT_CODE: programs are linked with -pie, whatever the
# compiler's default is.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

# One interface target carries every flag; each of our targets links it.
add_library(deputy-flags INTERFACE)
target_include_directories(deputy-flags INTERFACE
	${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_definitions(deputy-flags INTERFACE _GNU_SOURCE
	DEPUTY_VERSION="${PROJECT_VERSION}")
target_compile_options(deputy-flags INTERFACE
	-Wall -Wextra -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wno-unused-parameter
	-Wno-missing-field-initializers -fno-common -fno-strict-aliasing)
if(DEPUTY_WERROR)
	target_compile_options(deputy-flags INTERFACE -Werror)
endif()

if(DEPUTY_SANITIZE)
	set(DEPUTY_STATIC_WORKER OFF) # the runtimes are shared libraries
	target_compile_options(deputy-flags INTERFACE
		-fsanitize=${DEPUTY_SANITIZE} -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
	target_link_options(deputy-flags INTERFACE
		-fsanitize=${DEPUTY_SANITIZE})
else()
	target_compile_options(deputy-flags INTERFACE
		-fstack-protector-strong -fstack-clash-protection
		-include ${PROJECT_SOURCE_DIR}/cmake/fortify.h)
	target_link_options(deputy-flags INTERFACE -Wl,-z,relro,-z,now)
endif()

if(DEPUTY_FUZZ) # what is fuzzed tells where it went; see tests/fuzz
	target_compile_options(deputy-flags INTERFACE -fsanitize=fuzzer-no-link)
	target_link_options(deputy-flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
