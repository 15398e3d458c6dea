# SPDX-License-Identifier: BSD-2-Clause
# TUAN_TUNED: compile everything with a profile of what tuan and tuand do under their own benchmark. Included last, when all targets are known.
#
#   instrumented   a copy of both that counts where it goes, in a build folder inside this one
#   train.sh       what the copy is put through: seconds of load
#   profile        the counts, a file an object. Each object includes profile.h, which is new when they are, so that nothing is compiled by stale ones
#
# What is to be built anew when a source changes is the inner build's to know. It runs each time, and the rest only when it made new programs.
if(NOT CMAKE_C_COMPILER_ID STREQUAL "GNU" OR CMAKE_C_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "TUAN_TUNED needs gcc 12 or later, and this is ${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}: preset `release` builds without a profile")
endif()
if(TUAN_SANITIZE OR TUAN_COVERAGE OR TUAN_FUZZ OR CMAKE_CROSSCOMPILING)
  message(FATAL_ERROR "TUAN_TUNED is for programs that run here as shops run them: without sanitizers, coverage, fuzzing, and not for another machine")
endif()

set(instrumented ${PROJECT_BINARY_DIR}/instrumented)
set(profile ${PROJECT_BINARY_DIR}/profile)
set(programs ${instrumented}/bin/tuan ${instrumented}/bin/tuand)
string(TOUPPER "CMAKE_C_FLAGS_${CMAKE_BUILD_TYPE}" flags_of_type)

# Files of the profile are named by objects, from the root of the build folder (-fprofile-prefix-path). Machine code, nothing between: it is quicker made.
execute_process(COMMAND ${CMAKE_COMMAND} -S ${PROJECT_SOURCE_DIR} -B ${instrumented} -G ${CMAKE_GENERATOR}
  -D CMAKE_C_COMPILER=${CMAKE_C_COMPILER} -D CMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE} -D ${flags_of_type}=${${flags_of_type}}
  -D "CMAKE_C_FLAGS=${CMAKE_C_FLAGS} -fprofile-generate=${profile} -fprofile-prefix-path=${instrumented}"
  -D TUAN_JEMALLOC=${TUAN_JEMALLOC} -D TUAN_TESTS=OFF
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
add_custom_target(instrumented BYPRODUCTS ${programs} USES_TERMINAL VERBATIM
  COMMAND ${CMAKE_COMMAND} --build ${instrumented} --target tuan tuand
  COMMENT "profile: building an instrumented copy")
add_custom_command(OUTPUT ${profile}/profile.h DEPENDS ${programs} bench/train.sh USES_TERMINAL VERBATIM
  COMMAND bench/train.sh ${instrumented}/bin ${profile} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  COMMENT "profile: training it")
add_custom_target(profile DEPENDS ${profile}/profile.h)

add_dependencies(tuan_flags profile)
# Where the time goes, an object without a profile is a mistake. lib/engine/audit.c is the tests' alone.
set(hot tuan_vocab tuan_proto tuan_base tuan_engine tuan_mirror tuan_daemon)
target_compile_options(tuan_flags INTERFACE -fprofile-use=${profile} -fprofile-prefix-path=${PROJECT_BINARY_DIR} -fprofile-partial-training
  "$<IF:$<IN_LIST:$<TARGET_PROPERTY:NAME>,${hot}>,-Werror=missing-profile,-Wno-missing-profile>" "SHELL:-include ${profile}/profile.h")
set_source_files_properties(${PROJECT_SOURCE_DIR}/lib/engine/audit.c TARGET_DIRECTORY tuan_engine PROPERTIES COMPILE_OPTIONS -Wno-missing-profile)
