// domain.check: the zone is secure from the trust anchor, before any node or offer is touched.
#include "pipeline/actions/actions.hpp"

namespace paynamed::pipeline {
namespace asio = boost::asio;

namespace {

class DomainCheck final : public Action {
 public:
  explicit DomainCheck(const Services& services) : services_(services) {}
  bool has_effect() const override { return false; }

  asio::awaitable<StepResult> perform(const StepContext& context) override {
    const auto runtime = services_.runtime();
    const config::Domain* configured = runtime->config.find_domain(context.input.name.domain());
    const std::string domain = configured ? configured->zone : context.input.name.domain();
    auto report = co_await services_.validate_domain(domain);
    if (!report) co_return Failure{report.error(), false, false};
    switch (report->verdict) {
      case ValidationReport::Verdict::kSecure: {
        Done done;
        done.outputs["security"] = "secure";
        done.message = domain + " is DNSSEC-secure from the trust anchor";
        co_return done;
      }
      case ValidationReport::Verdict::kInsecure:
      case ValidationReport::Verdict::kBogus:
        co_return Failure{base::failed_precondition(report->why), false, false};
      case ValidationReport::Verdict::kIndeterminate:
        break;
    }
    co_return Failure{base::unavailable(report->why), false, false};
  }

 private:
  Services services_;
};

}  // namespace

std::unique_ptr<Action> make_domain_check(const Services& services) {
  return std::make_unique<DomainCheck>(services);
}

}  // namespace paynamed::pipeline
