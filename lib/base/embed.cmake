# SPDX-License-Identifier: BSD-2-Clause
# tuan_embed(target name folder): build the files of a folder into a target, as `const struct embedded_folder name` (embed.h).
#
# This file is both the function and, run as a script (cmake -P), the generator, so that the build needs nothing but CMake.
set(embed_script ${CMAKE_CURRENT_LIST_FILE})

function(tuan_embed target name folder)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${folder} ${folder}/*)
  list(SORT files COMPARE STRING)
  list(TRANSFORM files PREPEND ${folder}/ OUTPUT_VARIABLE sources)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  add_custom_command(OUTPUT ${output} DEPENDS ${sources} ${embed_script} VERBATIM
    COMMAND ${CMAKE_COMMAND} -D NAME=${name} -D FOLDER=${folder} -D "FILES=${files}" -D OUTPUT=${output} -P ${embed_script})
  target_sources(${target} PRIVATE ${output})
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE)
  return()
endif()

# A file of another kind is an error here, not a page that browsers refuse.
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_json "application/json")
set(type_svg "image/svg+xml")
set(type_md "text/markdown; charset=utf-8")
set(type_lua "text/plain; charset=utf-8")
set(type_txt "text/plain; charset=utf-8")

set(arrays "")
set(rows "")
set(index 0)
foreach(path IN LISTS FILES)
  string(REGEX MATCH "[a-z]+$" ending ${path})
  if(NOT DEFINED type_${ending})
    message(FATAL_ERROR "${FOLDER}/${path}: no content type is known for .${ending}; embed.cmake has those that are")
  endif()
  file(READ ${FOLDER}/${path} bytes HEX)
  file(SHA256 ${FOLDER}/${path} digest)
  string(SUBSTRING ${digest} 0 32 etag)
  string(LENGTH "${bytes}" len)
  math(EXPR len "${len} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "static const unsigned char file_${index}[] = {${bytes}0};\n")
  string(APPEND rows "    {\"${path}\", \"${type_${ending}}\", \"${etag}\", file_${index}, ${len}},\n")
  math(EXPR index "${index} + 1")
endforeach()
if(index EQUAL 0)
  message(FATAL_ERROR "${FOLDER} holds no file")
endif()

file(WRITE ${OUTPUT} "/* Made by lib/base/embed.cmake of the files in ${FOLDER}. */
#include \"base/embed.h\"

${arrays}
static const struct embedded_file files[] = {
${rows}};
extern const struct embedded_folder ${NAME};
const struct embedded_folder ${NAME} = {files, ${index}};
")
