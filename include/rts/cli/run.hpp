#pragma once
// An experiment's program: `int main(argc, argv) { return cli::run<Variant<"name", Recipe>...>(argc, argv); }`.

#include <rts/train/plan_of.hpp>

#include <string_view>
#include <vector>

namespace rts::inline RTS_ABI::cli {

struct VariantEntry {
  std::string_view name;
  train::Plan (*plan)();
};

/// Parses the command line and runs a subcommand. Returns the exit code (`rts::ExitCode`).
int run_program(const std::vector<VariantEntry>& variants, int argc, char** argv);

/// `V...` are `Variant<"name", Trainer<...>>`; the first is the default of --variant.
template <class... V>
int run(int argc, char** argv) {
  static_assert(VariantChecks<V...>::all, "a variant is wrong: see the coded error above");
  return run_program({VariantEntry{V::name, &V::trainer::plan}...}, argc, argv);
}

}  // namespace rts::inline RTS_ABI::cli

#if RTS_HEADER_ONLY
#include <rts/cli/program.ipp>
#endif
