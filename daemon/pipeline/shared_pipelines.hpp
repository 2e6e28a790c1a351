// SharedPipelines: one copy of each compiled pipeline with its snapshot, shared by all runs that began with
// it.
//
// Threads: every function may be called from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "pipeline/compiled.hpp"

namespace paynamed::pipeline {

struct SharedPipeline {
  CompiledPipeline pipeline;
  std::string snapshot;  // pipeline.to_json()
};

class SharedPipelines {
 public:
  // An equal pipeline, made when the last one of this name was another: a reload may have changed it.
  std::shared_ptr<const SharedPipeline> of(const CompiledPipeline& pipeline);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const SharedPipeline>> latest_;
};

}  // namespace paynamed::pipeline
