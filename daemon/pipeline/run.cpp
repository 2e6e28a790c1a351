#include "pipeline/run.hpp"

namespace paynamed::pipeline {

base::Result<std::shared_ptr<Run>> Run::load(base::Clock& clock, const state::OpenRun& stored) {
  auto pipeline = CompiledPipeline::from_json(stored.pipeline);
  if (!pipeline) return base::fail(pipeline.error());
  auto input = RunInput::from_json(stored.tenant, stored.input);
  if (!input) return base::fail(input.error());
  auto progress = Progress::replay(*pipeline, stored.journal);
  if (!progress) return base::fail(progress.error());

  auto compiled = std::make_shared<const CompiledPipeline>(*std::move(pipeline));
  auto run = std::make_shared<Run>(clock, *std::move(input), std::move(compiled), *std::move(progress));
  run->key = stored.row.key;
  run->id = stored.row.id;
  run->tenant = stored.tenant;
  run->correlation_id = stored.row.correlation_id;
  run->traceparent = stored.traceparent;
  run->recovered = true;
  return run;
}

}  // namespace paynamed::pipeline
