#include "names/young_contexts.hpp"

#include <utility>

namespace paynamed::names {

YoungContexts::YoungContexts(std::string configuration, const base::Clock& clock)
    : configuration_(std::move(configuration)), clock_(clock) {}

base::Result<std::shared_ptr<YoungContext>> YoungContexts::for_fresh(const std::string& name) {
  return asked_for(name, newest_is_young() && !newest_->names.contains(name));
}

base::Result<std::shared_ptr<YoungContext>> YoungContexts::for_recent(const std::string& name) {
  return asked_for(name, newest_is_young());
}

base::Result<std::shared_ptr<YoungContext>> YoungContexts::for_one(const std::string& name) {
  return asked_for(name, false);
}

bool YoungContexts::newest_is_young() const {
  return newest_ && clock_.monotonic() - newest_->made < kMostAge && newest_->names.size() < kMostNames;
}

base::Result<std::shared_ptr<YoungContext>> YoungContexts::asked_for(const std::string& name,
                                                                     bool of_newest) {
  if (!of_newest) {
    auto context = make_context(configuration_);
    if (!context) return base::fail(context.error());
    newest_ = std::make_shared<YoungContext>();
    newest_->context = *std::move(context);
    newest_->made = clock_.monotonic();
  }
  newest_->names.insert(name);
  return newest_;
}

}  // namespace paynamed::names
