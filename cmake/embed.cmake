# SPDX-License-Identifier: LGPL-2.1-or-later
# deputy_embed(TARGET FILE SYMBOL): FILE's bytes become `const char SYMBOL[]`,
# NUL-terminated, of TARGET; made anew by the build when FILE changes.
function(deputy_embed target file symbol)
	set(out ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
	set(in ${CMAKE_CURRENT_SOURCE_DIR}/${file})
	set(script ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
	add_custom_command(OUTPUT ${out}
		COMMAND ${CMAKE_COMMAND} -DEMBED_IN=${in} -DEMBED_OUT=${out}
			-DEMBED_SYMBOL=${symbol} -P ${script}
		DEPENDS ${in} ${script}
		COMMENT "Embedding ${file}" VERBATIM)
	target_sources(${target} PRIVATE ${out})
endfunction()

if(EMBED_IN)
	file(READ ${EMBED_IN} hex HEX)
	string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
	file(WRITE ${EMBED_OUT}
		"extern const char ${EMBED_SYMBOL}[];\n"
		"const char ${EMBED_SYMBOL}[] = { ${bytes} 0 };\n")
endif()
