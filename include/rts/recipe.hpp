#pragma once
// Every policy type and every check of a recipe, without torch, GDAL or bodies: compiles in a second or two.

#include <rts/train/trainer_policy.hpp>
