// A real plugin that uses the daemon's HTTP client: Read sends a GET and gives the body as the record's
// value, Publish a POST. On threads of its own, so that a stop has to end what they wait for.
#include <paynamed/dns_provider.hpp>
#include <paynamed/http.hpp>

namespace {

constexpr const char* kSchema = R"({
  "type": "object",
  "properties": {
    "url": {"type": "string"},
    "trust": {"type": "string", "description": "certificates in PEM form"},
    "budget_per_second": {"type": "number", "description": "requests of one account; none: no budget"}
  },
  "required": ["url"]
})";

class AsksHttp final : public paynamed::Blocking<paynamed::DnsProvider> {
 public:
  AsksHttp(paynamed::Host host, const paynamed::Config& config)
      : paynamed::Blocking<paynamed::DnsProvider>(host),
        http_(host),
        url_(config.string("url")),
        trust_(config.string("trust", "")),
        budget_per_second_(config.number("budget_per_second", 0)) {}

  ReadReply read(ReadRequest request, paynamed::Call& call) override {
    ReadReply reply;
    reply.add_records()->set_value(ask("GET", request.name(), {}, call));
    return reply;
  }
  PublishReply publish(PublishRequest request, paynamed::Call& call) override {
    PublishReply reply;
    reply.set_change_id(ask("POST", request.record().name(), request.record().value(), call));
    return reply;
  }

 private:
  std::string ask(const std::string& method, const std::string& path, const std::string& body,
                  paynamed::Call& call) const {
    paynamed::HttpRequest request;
    request.set_method(method);
    request.set_url(url_ + "/" + path);
    request.set_body(body);
    request.set_trust_pem(trust_);
    auto& token = *request.add_headers();
    token.set_name("Authorization");
    token.set_value("Bearer a-very-secret-token");
    if (budget_per_second_ > 0) {
      auto& budget = *request.add_budgets();
      budget.set_key("account");
      budget.set_per_second(budget_per_second_);
      budget.set_burst(1);
    }
    const auto answer = http_.request_now(request, call, std::chrono::seconds(60));
    if (answer.status() / 100 != 2) {
      throw paynamed::Error(paynamed::Code::kFailedPrecondition,
                            "The server said " + std::to_string(answer.status()) + ".");
    }
    return answer.body();
  }

  const paynamed::Http http_;
  const std::string url_;
  const std::string trust_;
  const double budget_per_second_;
};

}  // namespace

PAYNAMED_MODULE(AsksHttp, "asks_http", "1.0.0", kSchema)
