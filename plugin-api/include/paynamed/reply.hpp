// Reply<T>: the duty to answer one call. Move it to wherever the answer becomes known; it can be used once,
// from any thread. A Reply that is destroyed unused fails by itself, so that no call stays open by mistake.
//
// Threads: one thread at a time; which one does not matter.
#pragma once

#include <google/protobuf/message_lite.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "paynamed/call.hpp"

namespace paynamed {

namespace detail {

// One open call: answered once by whoever comes first; failed when its last holder goes.
class OpenCall {
 public:
  OpenCall(pn_done done, void* done_ctx, Call call, std::function<void(std::uint64_t)> closed)
      : done_(done), done_ctx_(done_ctx), call_(std::move(call)), closed_(std::move(closed)) {}
  OpenCall(const OpenCall&) = delete;
  OpenCall& operator=(const OpenCall&) = delete;
  ~OpenCall() {
    fail(Error(Code::kInternal, "The plugin dropped the call " + call_.method() + " without an answer."));
  }

  const Call& call() const { return call_; }
  bool open() const { return done_.load() != nullptr; }
  void ok(std::string_view bytes) { send(ok_status(), bytes); }
  void fail(const Error& error) {
    if (error.code() != Code::kOk) return send(to_abi(error), {});
    send(to_abi(Error(Code::kInternal, "The plugin failed the call with the code OK, which says nothing.")),
         {});
  }

 private:
  void send(const pn_status& status, std::string_view bytes) {
    const auto done = done_.exchange(nullptr);
    if (done == nullptr) return;
    call_.forget_cancellation();
    closed_(call_.id());
    done(done_ctx_, &status, borrow(bytes));
  }

  std::atomic<pn_done> done_;
  void* const done_ctx_;
  const Call call_;
  const std::function<void(std::uint64_t)> closed_;
};

// A Reply that does not know its type yet.
using RawReply = std::shared_ptr<OpenCall>;

}  // namespace detail

template <class T>
class Reply {
 public:
  explicit Reply(detail::RawReply raw) : raw_(std::move(raw)) {}
  Reply(Reply&&) noexcept = default;
  Reply& operator=(Reply&&) noexcept = default;
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  // The call that is answered. Not after the Reply was moved from.
  const Call& call() const { return raw_->call(); }
  // Not answered yet.
  bool open() const { return raw_ != nullptr && raw_->open(); }

  void ok(const T& message) {
    std::string bytes;
    if (message.SerializeToString(&bytes)) {
      raw_->ok(bytes);
    } else {
      raw_->fail(
          Error(Code::kInternal, "The plugin's answer to " + call().method() + " could not be encoded."));
    }
  }
  void ok() { ok(T()); }
  void fail(Code code, std::string sentence, std::string detail = {}) {
    raw_->fail(Error(code, std::move(sentence), std::move(detail)));
  }
  void fail(const Error& error) { raw_->fail(error); }
  // ok or fail, as `result` has it.
  void finish(const Result<T>& result) {
    if (result.ok()) {
      ok(result.value());
    } else {
      fail(result.error());
    }
  }

 private:
  detail::RawReply raw_;
};

}  // namespace paynamed
