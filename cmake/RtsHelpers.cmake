# Helpers for projects that use rts, and for rts itself.
include_guard(GLOBAL)

# rts_add_experiment(NAME SOURCES...): an experiment's program, linked to the compiled library where it exists
# (rts::compiled), else header-only (rts::rts).
function(rts_add_experiment name)
  add_executable(${name} ${ARGN})
  if(TARGET rts::compiled)
    target_link_libraries(${name} PRIVATE rts::compiled)
  else()
    target_link_libraries(${name} PRIVATE rts::rts)
  endif()
endfunction()
