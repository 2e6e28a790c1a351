// Runtime: one generation of the configuration, as the engine and the actions see it. A reload makes a new
// one; work in progress keeps the one it began with.
//
// Threads: immutable; share it freely.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "config/config.hpp"
#include "pipeline/compiled.hpp"

namespace paynamed::pipeline {

struct Runtime {
  std::uint64_t generation = 1;  // counts from the start of the process
  std::string hash;              // SHA-256 of the file's text, in hex
  config::Config config;
  std::map<std::string, CompiledPipeline, std::less<>> pipelines;
  std::map<std::string, KnownInstance, std::less<>> instances;  // whose modules could be loaded
};

using CurrentRuntime = std::function<std::shared_ptr<const Runtime>()>;

}  // namespace paynamed::pipeline
