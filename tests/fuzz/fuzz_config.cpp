// Configuration files: whatever stands in them, they are parsed, complained about and compiled without harm.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "config/source.hpp"
#include "pipeline/compiled.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace paynamed;

void check_region(const config::Region& region, const config::SourceText& text) {
  if (region.line == 0) return;
  fuzz::require(region.line <= text.lines(), "a place is on a line of the file");
  const std::size_t length = text.line(region.line).size();
  fuzz::require(region.column >= 1 && region.column <= length + 1, "a place is within its line");
  fuzz::require(
      region.end_column == 0 || (region.end_column > region.column && region.end_column <= length + 1),
      "a place ends behind its begin, within its line");
}

void check_diagnostics(const config::Diagnostics& diagnostics, const std::string& source) {
  const config::SourceText text{source};
  for (const config::Diagnostic& diagnostic : diagnostics.sorted()) {
    check_region(diagnostic.region, text);
    fuzz::require(!diagnostic.message.empty(), "a mistake is explained");
  }
  const std::string rendered = render(diagnostics, "f", source);
  fuzz::require(rendered.empty() == (diagnostics.errors() + diagnostics.warnings() == 0),
                "every mistake is shown");
  for (const char c : rendered) {
    fuzz::require(c == '\n' || static_cast<unsigned char>(c) >= 0x20,
                  "a terminal gets no control characters");
  }
  fuzz::require(!render_json(diagnostics, "f").empty(), "there is always JSON");
}

std::map<std::string, pipeline::KnownInstance, std::less<>> instances_of(const config::Config& config) {
  std::map<std::string, pipeline::KnownInstance, std::less<>> instances;
  for (const config::Plugin& plugin : config.plugins) {
    const std::string_view contract =
        plugin.module.value == "sandbox" ? pipeline::kNodeBackendContract : pipeline::kDnsProviderContract;
    instances[plugin.id] = {std::string{contract}, plugin.retired};
  }
  return instances;
}

void check_places(const config::Config& config) {
  const config::SourceText text{config.source};
  for (const auto& [id, places] : config.plugin_places) {
    for (const auto& [pointer, region] : places.values) check_region(region, text);
    for (const auto& [pointer, region] : places.keys) check_region(region, text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string source{reinterpret_cast<const char*>(data), size};
  config::Diagnostics diagnostics;
  const config::Config config = config::parse(source, "/etc/paynamed/f.toml", diagnostics);
  fuzz::require(config.source == source, "the text is kept");
  const bool parsed = !diagnostics.has_errors();
  const auto pipelines = pipeline::compile(config, instances_of(config), diagnostics);
  check_places(config);
  check_diagnostics(diagnostics, source);
  fuzz::require(!parsed || config.find_domain("") == nullptr, "a domain has a name");
  fuzz::require(pipelines.size() >= 4, "every verb has a pipeline");
  if (diagnostics.has_errors()) return 0;
  for (const auto& [name, compiled] : pipelines) {
    const auto again = pipeline::CompiledPipeline::from_json(compiled.to_json());
    fuzz::require(again.has_value() && *again == compiled, "a snapshot reads back as it was");
  }
  return 0;
}
