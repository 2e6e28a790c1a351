// pn.http/1 without a plugin: requests go straight to the service, as from an instance "zone" of "cloud".
#pragma once

#include <gtest/gtest.h>
#include <paynamed/plugin/v1/http.pb.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/http_service.hpp"
#include "tests/fakes/tls/fake_https_server.hpp"

namespace paynamed::host {

class HttpFixture : public ::testing::Test {
 protected:
  using Request = plugin::v1::HttpRequest;
  using Reply = plugin::v1::HttpReply;
  using Answer = base::Result<Reply>;

  HttpFixture() : io_thread_([this] { io_.run(); }) {
    auto made = HttpService::create(io_.get_executor(), clock_, log_, metrics_);
    if (made) service_ = *std::move(made);
    EXPECT_TRUE(made) << made.error().to_string();
  }
  ~HttpFixture() override {
    service_.reset();
    work_.reset();
    io_.stop();  // a timer for idle connections may be left
    io_thread_.join();
  }

  std::future<Answer> start(const Request& request, base::Duration timeout = base::Duration{20'000},
                            std::stop_token ended = {}) {
    ServiceCall call;
    call.instance = "zone";
    call.module = "cloud";
    call.method = "Request";
    call.request = request.SerializeAsString();
    call.timeout = timeout;
    call.correlation_id = "c-1";
    call.ended = std::move(ended);
    const auto promise = std::make_shared<std::promise<Answer>>();
    service_->service()(std::move(call), [promise](base::Result<std::string> bytes) {
      if (!bytes) return promise->set_value(base::fail(bytes.error()));
      Reply reply;
      EXPECT_TRUE(reply.ParseFromString(*bytes));
      promise->set_value(std::move(reply));
    });
    return promise->get_future();
  }
  static Answer get(std::future<Answer>& future) {
    if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
      ADD_FAILURE() << "a request did not end in 30 s";
      std::abort();
    }
    return future.get();
  }
  Answer ask(const Request& request, base::Duration timeout = base::Duration{20'000}) {
    auto future = start(request, timeout);
    return get(future);
  }
  Request to(const fakes::FakeHttpsServer& server, const std::string& path = "/") const {
    Request request;
    request.set_method("GET");
    request.set_url("https://127.0.0.1:" + std::to_string(server.port()) + path);
    request.set_trust_pem(authority_.certificate());
    return request;
  }
  std::string log_text() {
    const std::lock_guard lock(lines_mutex_);
    std::string text;
    for (const auto& line : lines_) text += line + "\n";
    return text;
  }

  fakes::TlsAuthority authority_;
  fakes::TlsIdentity good_ = authority_.issue({"IP:127.0.0.1"});
  base::SystemClock clock_;
  std::mutex lines_mutex_;
  std::vector<std::string> lines_;
  observe::Log log_{
      {observe::Level::kDebug, observe::Log::Format::kText}, clock_, [this](std::string_view line) {
        const std::lock_guard lock(lines_mutex_);
        lines_.emplace_back(line);
      }};
  observe::Metrics metrics_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      boost::asio::make_work_guard(io_)};
  std::thread io_thread_;
  std::unique_ptr<HttpService> service_;
};

}  // namespace paynamed::host
