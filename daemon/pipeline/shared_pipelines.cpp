#include "pipeline/shared_pipelines.hpp"

namespace paynamed::pipeline {

std::shared_ptr<const SharedPipeline> SharedPipelines::of(const CompiledPipeline& pipeline,
                                                          const std::string& variant) {
  const std::lock_guard lock(mutex_);
  auto& latest = latest_[{pipeline.name, variant}];
  if (!latest || latest->pipeline != pipeline) {
    latest = std::make_shared<const SharedPipeline>(SharedPipeline{pipeline, pipeline.to_json()});
  }
  return latest;
}

}  // namespace paynamed::pipeline
