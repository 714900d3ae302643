// Heavy third-party headers of the compiled library and the tests, parsed once.
#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>
