#include "pdns_front.hpp"

#include <thread>
#include <utility>

namespace paynamed::dns_providers {

PdnsFront::PdnsFront(std::uint16_t api_port)
    : api_(api_port),
      server_(authority_.issue({"DNS:localhost", "IP:127.0.0.1"}),
              [this](const fakes::FakeHttpRequest& request) { return pass_on(request); }) {}

void PdnsFront::after_next_write(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  after_next_write_ = std::move(work);
}

void PdnsFront::run_after_write() {
  std::function<void()> work;
  {
    const std::lock_guard lock(mutex_);
    work = std::exchange(after_next_write_, nullptr);
  }
  if (work) work();
}

fakes::FakeHttpReply PdnsFront::pass_on(const fakes::FakeHttpRequest& request) {
  fakes::FakeHttpReply reply;
  if (throttled_ > 0) {
    --throttled_;
    reply.status = 429;
    reply.headers = {{"Retry-After", "1"}};
    return reply;
  }
  if (request.method == "PATCH") std::this_thread::sleep_for(delay_.load());
  fakes::HttpClient::Headers headers;
  for (const char* name : {"x-api-key", "accept", "content-type"}) {
    if (const auto found = request.headers.find(name); found != request.headers.end())
      headers.push_back(*found);
  }
  const fakes::HttpReply answer = api_.send(request.method, request.target, request.body, headers);
  if (request.method == "PATCH") run_after_write();
  if (request.method == "PATCH" && loses_.exchange(false)) {
    reply.close_before = true;
    return reply;
  }
  reply.status = answer.status;
  reply.headers = {{"Content-Type", answer.header("content-type")}};
  reply.body = answer.body;
  return reply;
}

}  // namespace paynamed::dns_providers
