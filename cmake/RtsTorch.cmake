# Finds LibTorch in a Python wheel (or an unpacked archive) and makes rts::torch. find_package(Torch) is not used: with a
# CUDA wheel it demands a toolkit and changes CMake's own CUDA handling.
#
# RTS_TORCH_ROOT   the folder with include/ and lib/ (cache variable or environment); else python3 is asked, then .venv
# RTS_TORCH_CUDA   AUTO, ON, OFF: link libtorch_cuda (AUTO: where an NVIDIA driver is loaded)

include_guard(GLOBAL)
set(RTS_TORCH_ROOT "$ENV{RTS_TORCH_ROOT}" CACHE PATH "LibTorch: folder with include/ and lib/")
set(RTS_TORCH_CUDA AUTO CACHE STRING "Link libtorch_cuda: AUTO, ON, OFF")

if(NOT RTS_TORCH_ROOT)
  foreach(python IN ITEMS "${CMAKE_CURRENT_LIST_DIR}/../.venv/bin/python" "${CMAKE_SOURCE_DIR}/.venv/bin/python" python3)
    execute_process(COMMAND ${python} -c "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
                    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(found)
      set(RTS_TORCH_ROOT "${found}" CACHE PATH "" FORCE)
      break()
    endif()
  endforeach()
endif()
if(NOT EXISTS "${RTS_TORCH_ROOT}/include/torch/csrc/api/include/torch/version.h")
  message(FATAL_ERROR "LibTorch was not found. Run scripts/setup, or give -DRTS_TORCH_ROOT=<site-packages/torch>.")
endif()
file(STRINGS "${RTS_TORCH_ROOT}/include/torch/headeronly/version.h" version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR) ")
string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*" "\\1.\\2" RTS_TORCH_VERSION "${version_lines}")
if(RTS_TORCH_VERSION VERSION_LESS 2.9 OR RTS_TORCH_VERSION VERSION_GREATER 2.14)
  message(FATAL_ERROR "LibTorch ${RTS_TORCH_VERSION} at ${RTS_TORCH_ROOT}: 2.9 to 2.14 are supported, 2.11 is tested.")
endif()

if(NOT TARGET rts::torch)
  add_library(rts::torch INTERFACE IMPORTED GLOBAL)
  # Behind the system's directories: torch carries an fmt of its own.
  set_target_properties(rts::torch PROPERTIES INTERFACE_COMPILE_OPTIONS
    "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${RTS_TORCH_ROOT}/include/torch/csrc/api/include>;$<$<COMPILE_LANGUAGE:CXX>:SHELL:-idirafter ${RTS_TORCH_ROOT}/include>")
  set(use_cuda ${RTS_TORCH_CUDA})
  if(use_cuda STREQUAL AUTO)
    set(use_cuda OFF)
    if(EXISTS /proc/driver/nvidia/version AND EXISTS "${RTS_TORCH_ROOT}/lib/libtorch_cuda.so")
      set(use_cuda ON)
    endif()
  endif()
  set(RTS_TORCH_LINKS_CUDA ${use_cuda})
  set(libraries "-Wl,--allow-shlib-undefined" "-Wl,-rpath,${RTS_TORCH_ROOT}/lib" "-L${RTS_TORCH_ROOT}/lib")
  if(use_cuda)
    list(APPEND libraries "-Wl,--push-state,--no-as-needed" torch_cuda c10_cuda torch_cpu c10 "-Wl,--pop-state")
  else()
    list(APPEND libraries torch_cpu c10)
  endif()
  set_target_properties(rts::torch PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries}")
endif()
