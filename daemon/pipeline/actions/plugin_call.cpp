#include "pipeline/actions/plugin_call.hpp"

namespace paynamed::pipeline {

bool effect_unknown(base::Code code) {
  return code == base::Code::kInternal || code == base::Code::kUnknown ||
         code == base::Code::kDeadlineExceeded || code == base::Code::kCancelled;
}

Failure failure_of(const PluginAnswer& answer) {
  const base::Status& status = answer.reply.error();
  return {status, answer.stuck || effect_unknown(status.code()), answer.stuck};
}

}  // namespace paynamed::pipeline
