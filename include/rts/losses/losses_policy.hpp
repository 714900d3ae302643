#pragma once
// Every loss, target and boundary policy.

#include <rts/losses/boundary_policy.hpp>
#include <rts/losses/pointwise_policy.hpp>
#include <rts/losses/region_policy.hpp>
#include <rts/losses/sum_policy.hpp>
#include <rts/losses/targets_policy.hpp>
