#pragma once
// The umbrella: everything an experiment's main.cpp needs.

#include <rts/recipe.hpp>

#include <rts/cli/run.hpp>
