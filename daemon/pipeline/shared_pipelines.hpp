// SharedPipelines: one copy of each compiled pipeline with its snapshot, shared by all runs that began with
// it.
//
// Threads: every function may be called from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "pipeline/compiled.hpp"

namespace paynamed::pipeline {

struct SharedPipeline {
  CompiledPipeline pipeline;
  std::string snapshot;  // pipeline.to_json()
};

class SharedPipelines {
 public:
  // An equal pipeline, made when the last one of this name and variant was another: a reload may have changed
  // it. `variant` tells those apart that are in use at the same time.
  std::shared_ptr<const SharedPipeline> of(const CompiledPipeline& pipeline, const std::string& variant = {});

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const SharedPipeline>> latest_;
};

}  // namespace paynamed::pipeline
