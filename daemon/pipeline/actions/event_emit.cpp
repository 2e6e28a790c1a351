// event.emit: an event of the operator's own.
#include "pipeline/actions/actions.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

class EventEmit final : public Action {
 public:
  bool has_effect() const override { return false; }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    auto type = context.text_argument("type");
    if (!type) co_return Failure{type.error(), false, false};
    auto text = context.text_argument("text");
    if (!text) co_return Failure{text.error(), false, false};
    json::object data;
    if (*text) data["text"] = **text;
    Done done;
    done.message = "event " + type->value_or("") + " written";
    done.events.push_back(event_of(type->value_or(""), context.run, context.input, std::move(data)));
    co_return done;
  }
};

}  // namespace

std::unique_ptr<Action> make_event_emit(const Services&) {
  return std::make_unique<EventEmit>();
}

}  // namespace paynamed::pipeline
