// One libunbound context with our settings, ready for ub_resolve_async().
//
// Threads: one at a time (libunbound resolves on a thread of its own behind it).
#pragma once

#include <memory>

#include "base/result.hpp"
#include "names/validator.hpp"

struct ub_ctx;

namespace paynamed::names {

struct DeleteUnboundContext {
  void operator()(ub_ctx* context) const;  // ends and joins libunbound's thread
};
using UnboundContext = std::unique_ptr<ub_ctx, DeleteUnboundContext>;

// unbound.conf for these settings. INVALID_ARGUMENT for a value that cannot stand in it.
base::Result<std::string> unbound_configuration(const ValidatorSettings& settings);

// INTERNAL when libunbound gives no context, FAILED_PRECONDITION when it does not take the configuration.
// Errors in anchor files show only in finish_context().
base::Result<UnboundContext> make_context(const std::string& configuration);

// Makes libunbound read everything that it has been told, without asking anybody. FAILED_PRECONDITION with
// its reason.
base::Status finish_context(ub_ctx* context);

}  // namespace paynamed::names
