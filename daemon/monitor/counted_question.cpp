#include "monitor/counted_question.hpp"

#include <utility>

namespace paynamed::monitor {
namespace asio = boost::asio;

asio::awaitable<CountedAnswer> ask_counted(QueryBudget& budget, const DnsQuestions& questions,
                                           net::Endpoint server, net::DnsQuestion question) {
  CountedAnswer result;
  for (const net::DnsCarrier carrier : {net::DnsCarrier::kUdpOnce, net::DnsCarrier::kTcp}) {
    result.trouble = co_await budget.take(server.to_string());
    if (!result.trouble.ok()) break;
    result.was_asked = true;
    net::DnsQuestion asked = question;
    const auto answer = co_await questions.ask(server, std::move(asked), carrier);
    if (!answer) {
      result.trouble = answer.error();
      if (result.trouble.code() != base::Code::kDeadlineExceeded) break;
    } else if (!answer->truncated) {
      result.answer = *answer;
      break;
    }
  }
  co_return result;
}

asio::awaitable<CountedAnswer> ask_held(const DnsQuestions& questions, net::Endpoint server,
                                        net::DnsQuestion question) {
  CountedAnswer result;
  result.was_asked = true;
  for (const net::DnsCarrier carrier : {net::DnsCarrier::kUdpOnce, net::DnsCarrier::kTcp}) {
    net::DnsQuestion asked = question;
    const auto answer = co_await questions.ask(server, std::move(asked), carrier);
    if (!answer) {
      result.trouble = answer.error();
      break;
    }
    if (!answer->truncated) {
      result.answer = *answer;
      break;
    }
  }
  co_return result;
}

}  // namespace paynamed::monitor
