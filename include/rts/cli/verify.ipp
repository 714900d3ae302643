#pragma once
#include <rts/cli/verify.hpp>

#include <rts/models/library.hpp>
#include <rts/models/verify.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include <iostream>

namespace rts::inline RTS_ABI::cli {

RTS_INLINE int verify_model(const std::string& library_name, int bands, int classes, const std::filesystem::path& weights, const std::filesystem::path& input, const std::filesystem::path& expect, double tolerance) {
  const models::VerifyReport r = models::verify(library_name, {.bands = bands, .classes = classes}, weights, input, expect);
  const bool good = r.relative() <= tolerance;
  fmt::print("{}: {}\nlargest difference {:.3g}, relative to the largest expected value {:.3g}: {} (tolerance {:.3g})\n", library_name, r.load.text(), r.largest_difference, r.relative(), good ? "agrees" : "DIFFERS", tolerance);
  return good ? 0 : 1;
}

RTS_INLINE int run_verify_weights(int argc, char** argv) {
  std::string model;
  int bands = 3, classes = 1;
  std::filesystem::path weights, input, expect;
  double tolerance = 1e-4;
  bool list = false;
  CLI::App app{"Checks that weights give the expected output in a model of the library"};
  app.add_option("--model", model, "library name, see --list");
  app.add_option("--bands", bands)->capture_default_str();
  app.add_option("--classes", classes)->capture_default_str();
  app.add_option("--weights", weights, ".safetensors or .pth");
  app.add_option("--input", input, "safetensors with the tensor 'input'");
  app.add_option("--expect", expect, "safetensors with the tensor 'output'");
  app.add_option("--tolerance", tolerance, "largest difference over largest expected value")->capture_default_str();
  app.add_flag("--list", list, "names of all models");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  try {
    if (list) {
      for (const std::string& name : models::library_names()) fmt::print("{}\n", name);
      return 0;
    }
    RTS_CHECK_USAGE(!model.empty() && !weights.empty() && !input.empty() && !expect.empty(), .code = "RTS-C53", .what = "an option is missing", .expected = "--model, --weights, --input and --expect", .fix = "see --help");
    return verify_model(model, bands, classes, weights, input, expect, tolerance);
  } catch (const Error& e) {
    std::cerr << "error " << e.what() << std::endl;
    return static_cast<int>(e.exit_code());
  }
}

}  // namespace rts::inline RTS_ABI::cli
