# Emscripten, wherever tools/build/setup.mjs found or put it.
set(root_file ${CMAKE_CURRENT_LIST_DIR}/../build/toolchain/emscripten-root)
if(NOT EXISTS ${root_file})
  message(FATAL_ERROR "Emscripten is not set up: run 'npm run setup' first")
endif()
file(STRINGS ${root_file} EMSCRIPTEN_ROOT_PATH LIMIT_COUNT 1)
include(${EMSCRIPTEN_ROOT_PATH}/cmake/Modules/Platform/Emscripten.cmake)
