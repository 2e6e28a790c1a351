// name.prove: the record is proven from the trust anchor. Only then is the name live.
#include <fmt/format.h>

#include <algorithm>

#include "names/lint/report_json.hpp"
#include "pipeline/actions/actions.hpp"
#include "pipeline/event_data.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr base::Duration kPoll{1'000};
constexpr base::Duration kLongestPoll{60'000};

class NameProve final : public Action {
 public:
  explicit NameProve(const Services& services) : services_(services) {}
  bool has_effect() const override { return false; }
  bool is_final() const override { return true; }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    const json::object* published = context.outputs_of_kind("dns.publish");
    if (!published) co_return Skipped{"nothing was published"};
    const std::string value = text_of(*published, "value");
    const auto turn = co_await services_.turn_of(context.input);
    auto proven = co_await services_.prove_record(context.input.name);
    std::string obstacle;
    if (!proven) {
      obstacle = proven.error().message();
    } else if (proven->proof.value != value) {
      obstacle = "the record is proven with another value still: the change has to reach every server";
    }
    if (!obstacle.empty()) {
      const auto looks = integer_of(context.step_progress().wait_state, "looks").value_or(0);
      const base::Duration pause{
          std::min(kPoll.count() << std::min<std::int64_t>(looks, 16), kLongestPoll.count())};
      json::object state;
      state["looks"] = looks + 1;
      co_return Wait{context.now + pause, std::move(obstacle), std::move(state)};
    }
    Done done;
    const state::Proof& proof = proven->proof;
    done.message = fmt::format("proven from the trust anchor in {} bytes, good until {}",
                               proof.leaf.size() + proof.trunk.size(), base::to_rfc3339(proof.expires));
    // A name that some wallets cannot pay is live all the same: they say so, and others pay.
    if (const std::string trouble = names::summary(proven->lint); !trouble.empty())
      done.message += "; " + trouble;
    done.outputs["lint"] = names::to_json(proven->lint);
    done.outputs["proof_expires"] = base::to_rfc3339(proof.expires);
    json::object data;
    data["value"] = value;
    done.events.push_back(event_of("name.live", context.run, context.input, std::move(data)));
    done.proof = std::move(proven->proof);
    co_return done;
  }

 private:
  Services services_;
};

}  // namespace

std::unique_ptr<Action> make_name_prove(const Services& services) {
  return std::make_unique<NameProve>(services);
}

}  // namespace paynamed::pipeline
