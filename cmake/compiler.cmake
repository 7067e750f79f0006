# Flags for everything that is compiled here, third-party source included.

find_program(RESNET_CCACHE ccache)
if(RESNET_CCACHE)
  # With a base folder, a fresh clone elsewhere (CI's) finds what another clone compiled. CCACHE_DEPEND saves the run of the
  # preprocessor, which for emcc costs as much as the compilation.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 ${RESNET_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

# One section per function and datum, so that the linker drops what is not reached: XNNPACK's files hold the operators of
# every data type, and their kernels for types that we never use are not even compiled (xnnpack.cmake).
add_compile_options(-ffunction-sections -fdata-sections)

if(EMSCRIPTEN)
  add_compile_options(-msimd128)
  if(RESNET_WASM_RELAXED)
    add_compile_options(-mrelaxed-simd)
  endif()
  if(RESNET_WASM_THREADS)
    # The flag must be the same for every object: memory becomes shared.
    add_compile_options(-pthread)
    add_link_options(-pthread)
  endif()
else()
  # lld resolves symbols after dropping sections, which the missing kernels above rely on, and is quicker.
  find_program(RESNET_LLD NAMES ld.lld-19 ld.lld)
  if(RESNET_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_link_options(--ld-path=${RESNET_LLD})
  endif()
  add_link_options(-Wl,--gc-sections)
endif()

if(RESNET_SANITIZE)
  # AddressSanitizer everywhere, so that a kernel which writes past our buffer is caught too.
  # UndefinedBehaviorSanitizer is for our own code only: warnings.cmake.
  add_compile_options(-fsanitize=address -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# For what runs once per model or picture: in WebAssembly its size, which everyone downloads, counts for more than its speed.
# Measured: 19 kB less of 592, 6 of 213 after gzip.
function(resnet_small target)
  if(EMSCRIPTEN)
    target_compile_options(${target} PRIVATE -Os)
  endif()
endfunction()
