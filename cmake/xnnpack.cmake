# The one target XNNPACK, for native and wasm builds from the same commit. XNNPACK's own CMake project refuses Emscripten
# and compiles a thousand files; a ResNet reaches a quarter of them through the operator interface, which is all that
# src/engine uses. What is left out:
# - the subgraph interface, and every operator except those in `operators` below;
# - kernels of data types and operations outside `kernel_folders`. The code that would choose them is compiled, never
#   reached, and dropped by the linker section by section, so their symbols are never missed. An operator that is newly used
#   and lacks a kernel is a link error that names it: add its folder here.

set(xnnpack ${RESNET_THIRD_PARTY_DIR}/xnnpack)
set(operators convolution-nhwc fully-connected-nc max-pooling-nhwc average-pooling-nhwc)
set(kernel_folders
  "f32-(gemm|igemm|dwconv|vmulcaddc|maxpool|avgpool|pavgpool|rdsum)"
  "qs8-(qc8w-)?(gemm|igemm|dwconv)" "s8-maxpool"
  "x8-packw" "x32-packw" "qs8-(qu8-)?packw" "xx-(fill|pad|copy)")
list(JOIN kernel_folders "|" kernel_folders)

add_library(XNNPACK STATIC)
target_include_directories(XNNPACK SYSTEM PUBLIC ${xnnpack}/include)
target_include_directories(XNNPACK PRIVATE ${xnnpack}/src ${RESNET_THIRD_PARTY_DIR}/fxdiv/include
  ${RESNET_THIRD_PARTY_DIR}/fp16/include)
set_target_properties(XNNPACK PROPERTIES C_EXTENSIONS ON)  # memory.c wants MAP_ANONYMOUS
target_compile_options(XNNPACK PRIVATE -w)

file(GLOB core_sources ${xnnpack}/src/configs/*.c ${xnnpack}/src/enums/*.c)
list(TRANSFORM operators PREPEND ${xnnpack}/src/operators/)
list(TRANSFORM operators APPEND .c)
set(core_files allocator cache datatype indirection init log memory microkernel-utils microparams-init mutex normalization
  operator-delete operator-run operator-utils params)
list(TRANSFORM core_files PREPEND ${xnnpack}/src/)
list(TRANSFORM core_files APPEND .c)
target_sources(XNNPACK PRIVATE ${core_sources} ${core_files} ${operators} ${xnnpack}/src/reference/packing.cc)
if(EMSCRIPTEN)
  # As resnet_small: what is around the kernels.
  set_source_files_properties(${core_sources} ${core_files} ${operators} ${xnnpack}/src/reference/packing.cc
    PROPERTIES COMPILE_OPTIONS -Os)
endif()
target_compile_definitions(XNNPACK PRIVATE XNN_LOG_LEVEL=0 XNN_ENABLE_MEMOPT=1 XNN_ENABLE_GEMM_M_SPECIALIZATION=1)

# Adds the kernels of one instruction set, from XNNPACK's own list of those that its configurations choose among.
function(xnnpack_kernels isa)
  include(${xnnpack}/cmake/gen/${isa}_microkernels.cmake)
  string(TOUPPER ${isa} upper)
  set(sources ${PROD_${upper}_MICROKERNEL_SRCS} ${PROD_${upper}_ASM_MICROKERNEL_SRCS})
  list(FILTER sources INCLUDE REGEX "^src/(${kernel_folders})/")
  list(TRANSFORM sources PREPEND ${xnnpack}/)
  # Kernels never look at errno; with it, clang calls sqrtf instead of using the instruction.
  set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-fno-math-errno;${ARGN}")
  target_sources(XNNPACK PRIVATE ${sources})
  string(REGEX REPLACE "_.*" "" macro ${upper})
  target_compile_definitions(XNNPACK PRIVATE XNN_ENABLE_${macro}=1)
endfunction()

# The same, where the compiler knows the instruction set; one that does not leaves the kernels out and XNNPACK picks others.
include(CheckCCompilerFlag)
function(xnnpack_optional_kernels isa)
  list(JOIN ARGN " " flags)
  check_c_compiler_flag("${flags}" XNNPACK_HAS_${isa})
  if(XNNPACK_HAS_${isa})
    xnnpack_kernels(${isa} ${ARGN})
  endif()
endfunction()

if(EMSCRIPTEN)
  # Not its "wasm" and "scalar" lists: there is always SIMD, so that nothing of them is reached.
  xnnpack_kernels(wasmsimd)
  if(RESNET_WASM_RELAXED)
    xnnpack_kernels(wasmrelaxedsimd)
  endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  xnnpack_kernels(scalar)  # packing of weights
  set(skx -mf16c -mfma -mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl)
  xnnpack_kernels(sse -msse -mno-sse2)
  xnnpack_kernels(sse2 -msse2 -mno-sse3)
  xnnpack_kernels(ssse3 -mssse3 -mno-sse4.1)
  xnnpack_kernels(sse41 -msse4.1 -mno-sse4.2)
  xnnpack_kernels(avx -mavx -mno-avx2 -mno-fma -mno-f16c)
  xnnpack_kernels(fma3 -mf16c -mfma -mno-avx2)
  xnnpack_kernels(avx2 -mf16c -mfma -mavx2)
  xnnpack_optional_kernels(avx512f -mavx512f)
  xnnpack_optional_kernels(avx512skx ${skx})
  xnnpack_optional_kernels(avx512vnni ${skx} -mavx512vnni)
  # Flags that older compilers know too, but their intrinsics are incomplete: XNNPACK's own limits.
  if(NOT (CMAKE_C_COMPILER_ID STREQUAL "Clang" AND CMAKE_C_COMPILER_VERSION VERSION_LESS 15))
    xnnpack_optional_kernels(avxvnni -mf16c -mfma -mavx2 -mavxvnni)
    xnnpack_optional_kernels(avxvnniint8 -mf16c -mfma -mavx2 -mavxvnniint8)
    xnnpack_optional_kernels(avx256skx ${skx})
    xnnpack_optional_kernels(avx256vnni ${skx} -mavx512vnni)
  endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  enable_language(ASM)
  target_compile_definitions(XNNPACK PRIVATE XNN_ENABLE_ASSEMBLY=1 XNN_ENABLE_ARM_DOTPROD=1 XNN_ENABLE_ARM_I8MM=1)
  xnnpack_kernels(scalar)
  xnnpack_kernels(aarch64 -march=armv8.2-a+fp16+dotprod)
  xnnpack_kernels(neon)
  xnnpack_kernels(neonfma)
  xnnpack_kernels(neonv8)
  xnnpack_kernels(neon_aarch64)
  xnnpack_kernels(neonfma_aarch64)
  xnnpack_kernels(neondot -march=armv8.2-a+dotprod)
  xnnpack_kernels(neondot_aarch64 -march=armv8.2-a+dotprod)
  xnnpack_kernels(neoni8mm -march=armv8.2-a+i8mm+fp16)
endif()

# --- What XNNPACK stands on.

set(pool ${RESNET_THIRD_PARTY_DIR}/pthreadpool)
add_library(pthreadpool STATIC)
target_include_directories(pthreadpool SYSTEM PUBLIC ${pool}/include)
target_include_directories(pthreadpool PRIVATE ${pool}/src ${RESNET_THIRD_PARTY_DIR}/fxdiv/include)
target_compile_definitions(pthreadpool PUBLIC PTHREADPOOL_NO_DEPRECATED_API=1)
target_compile_options(pthreadpool PRIVATE -w)
set_target_properties(pthreadpool PROPERTIES C_EXTENSIONS ON)  # syscall() for futex
if(EMSCRIPTEN AND NOT RESNET_WASM_THREADS)
  target_sources(pthreadpool PRIVATE ${pool}/src/shim.c)  # the caller does all the work
else()
  target_sources(pthreadpool PRIVATE ${pool}/src/portable-api.c ${pool}/src/memory.c ${pool}/src/pthreads.c)
  target_link_libraries(pthreadpool PUBLIC Threads::Threads)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  target_sources(pthreadpool PRIVATE ${pool}/src/fastpath.c)
  target_compile_definitions(pthreadpool PRIVATE PTHREADPOOL_USE_FASTPATH=1)
else()
  target_compile_definitions(pthreadpool PRIVATE PTHREADPOOL_USE_FASTPATH=0)
endif()
target_link_libraries(XNNPACK PUBLIC pthreadpool)

if(NOT EMSCRIPTEN)
  set(CPUINFO_LIBRARY_TYPE static CACHE STRING "" FORCE)
  set(CPUINFO_LOG_LEVEL none CACHE STRING "" FORCE)  # the library never prints
  foreach(part TOOLS UNIT_TESTS MOCK_TESTS BENCHMARKS PKG_CONFIG)
    set(CPUINFO_BUILD_${part} OFF CACHE BOOL "" FORCE)
  endforeach()
  add_subdirectory(${RESNET_THIRD_PARTY_DIR}/cpuinfo ${CMAKE_BINARY_DIR}/cpuinfo EXCLUDE_FROM_ALL SYSTEM)
  target_compile_options(cpuinfo PRIVATE -w)
  target_compile_definitions(XNNPACK PRIVATE XNN_ENABLE_CPUINFO=1)
  target_link_libraries(XNNPACK PRIVATE cpuinfo m)
endif()
