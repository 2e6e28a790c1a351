#include "names/validator_worker.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unbound.h>
#include <unistd.h>

#include <boost/asio/prefer.hpp>
#include <system_error>
#include <utility>

namespace paynamed::names {
namespace {

// After so long there is room again.
constexpr std::uint32_t kTryAgainMs = 1'000;

struct FreeUnboundResult {
  void operator()(ub_result* result) const { ub_resolve_free(result); }
};
using UnboundResult = std::unique_ptr<ub_result, FreeUnboundResult>;

std::vector<net::DnsRecord> evidence_of(const ub_result& result) {
  if (result.answer_packet == nullptr || result.answer_len <= 0) return {};
  auto message = net::decode_message(
      {static_cast<const std::uint8_t*>(result.answer_packet), static_cast<std::size_t>(result.answer_len)});
  if (!message) return {};
  std::vector<net::DnsRecord> records = std::move(message->answer);
  for (net::DnsRecord& record : message->authority) records.push_back(std::move(record));
  return records;
}

Validation to_validation(const ub_result& result, net::DnsType type) {
  Validation validation;
  validation.rcode = static_cast<net::DnsRcode>(result.rcode);
  validation.exists = result.havedata != 0;
  validation.ttl_seconds = result.ttl < 0 ? 0 : static_cast<std::uint32_t>(result.ttl);
  const bool answered =
      validation.rcode == net::DnsRcode::kNoError || validation.rcode == net::DnsRcode::kNxDomain;
  if (result.bogus) {
    validation.security = Security::kBogus;
    validation.why = result.why_bogus ? result.why_bogus : "the signatures do not validate";
    validation.exists = false;
    validation.rcode = net::DnsRcode::kServFail;  // as a resolver answers: nothing in it may be used
    return validation;
  }
  if (!answered) {
    validation.security = Security::kIndeterminate;
    validation.why = fmt::format("the servers gave no answer ({})", to_string(validation.rcode));
    validation.exists = false;
    return validation;
  }
  validation.security = result.secure ? Security::kSecure : Security::kInsecure;
  validation.canonical_name =
      net::normal_name(result.canonname ? result.canonname : result.qname).value_or(std::string{});
  for (int i = 0; result.data && result.data[i]; ++i) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(result.data[i]);
    validation.records.emplace_back(bytes, bytes + result.len[i]);
    if (type != net::DnsType::kTxt) continue;
    if (auto value = net::txt_value(validation.records.back()))
      validation.values.push_back(std::move(*value));
  }
  validation.evidence = evidence_of(result);
  return validation;
}

}  // namespace

bool ValidationJob::finish(base::Result<Validation> result) {
  namespace asio = boost::asio;
  // What is posted may end all work there before post() has returned. The context must not go before all that
  // belongs to it here has: this is destroyed last.
  asio::any_io_executor working;
  std::function<void(base::Result<Validation>, std::unique_ptr<base::Clock::Timer>)> taken;
  std::unique_ptr<base::Clock::Timer> timer;
  {
    const std::lock_guard lock(mutex);
    if (!done) return false;
    working = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    executor = {};
    taken = std::move(done);
    done = nullptr;
    timer = std::move(deadline);
  }
  taken(std::move(result), std::move(timer));
  return true;
}

bool ValidationJob::finished() {
  const std::lock_guard lock(mutex);
  return !done;
}

Validator::Worker::Worker(ValidatorSettings settings, std::string configuration, UnboundContext shared,
                          const base::Clock& clock)
    : settings_(std::move(settings)),
      shared_(std::move(shared)),
      young_(std::move(configuration), clock),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  thread_ = std::thread([this] { run(); });
}

Validator::Worker::~Worker() {
  stop();
  close(wake_fd_);
}

base::Status Validator::Worker::submit(std::shared_ptr<ValidationJob> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return base::cancelled("the validator is stopping");
    if (waiting_.size() >= settings_.max_waiting) {
      return base::resource_exhausted(
                 fmt::format("{} validations wait already; try again in a moment", waiting_.size()))
          .with_retry_after(kTryAgainMs);
    }
    waiting_.push_back(std::move(job));
  }
  wake();
  return {};
}

void Validator::Worker::abandon() {
  wake();
}

void Validator::Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  if (thread_.joinable()) thread_.join();
}

void Validator::Worker::wake() const {
  const std::uint64_t one = 1;
  // A full counter means that the thread is awake already.
  [[maybe_unused]] const ssize_t ignored = write(wake_fd_, &one, sizeof one);
}

void Validator::Worker::run() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    sweep();
    start_waiting();
    wait();
    process();
  }
  std::deque<std::shared_ptr<ValidationJob>> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(waiting_);
  }
  for (auto& running : running_) {
    if (!running.answered) ub_cancel(running.context, running.id);
    left.push_back(running.job);
  }
  // The contexts first: afterwards libunbound calls nobody back.
  running_.clear();
  young_.clear();
  shared_.reset();
  for (const auto& job : left) job->finish(base::fail(base::cancelled("the validator is stopping")));
}

void Validator::Worker::wait() const {
  std::vector<pollfd> watched{{wake_fd_, POLLIN, 0}, {ub_fd(shared_.get()), POLLIN, 0}};
  for (const YoungContext* young : young_at_work()) {
    watched.push_back({ub_fd(young->context.get()), POLLIN, 0});
  }
  poll(watched.data(), watched.size(), -1);
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t ignored = read(wake_fd_, &count, sizeof count);
}

void Validator::Worker::process() {
  if (ub_poll(shared_.get())) ub_process(shared_.get());
  for (const YoungContext* young : young_at_work()) {
    if (ub_poll(young->context.get())) ub_process(young->context.get());
  }
}

std::set<YoungContext*> Validator::Worker::young_at_work() const {
  std::set<YoungContext*> contexts;
  for (const auto& running : running_) {
    if (running.young) contexts.insert(running.young.get());
  }
  return contexts;
}

// Away with what is answered or no longer wanted.
void Validator::Worker::sweep() {
  for (auto each = running_.begin(); each != running_.end();) {
    if (!each->answered && !each->job->finished()) {
      ++each;
      continue;
    }
    if (!each->answered) ub_cancel(each->context, each->id);
    each = running_.erase(each);
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [](const auto& job) { return job->finished(); });
}

void Validator::Worker::start_waiting() {
  while (running_.size() < settings_.max_running) {
    std::shared_ptr<ValidationJob> job;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    start(std::move(job));
  }
}

void Validator::Worker::start(std::shared_ptr<ValidationJob> job) {
  Running& running = running_.emplace_back();
  running.job = std::move(job);
  running.context = shared_.get();
  if (running.job->freshness != Freshness::kCached) {
    const std::string& name = running.job->name;
    auto young = running.job->in_new_context                   ? young_.for_one(name)
                 : running.job->freshness == Freshness::kFresh ? young_.for_fresh(name)
                                                               : young_.for_recent(name);
    if (!young) {
      running.job->finish(base::fail(young.error()));
      running_.pop_back();
      return;
    }
    running.young = *std::move(young);
    running.context = running.young->context.get();
  }
  const int error =
      ub_resolve_async(running.context, running.job->name.c_str(), static_cast<int>(running.job->type), 1,
                       &running, &Worker::answered, &running.id);
  if (error != 0) {
    running.job->finish(base::fail(
        base::internal(fmt::format("the resolver did not take the question for {}", running.job->name),
                       ub_strerror(error))));
    running_.pop_back();
  }
}

void Validator::Worker::answered(void* data, int error, ub_result* raw) {
  const UnboundResult result{raw};
  Running& running = *static_cast<Running*>(data);
  running.answered = true;
  if (error != 0 || !result) {
    running.job->finish(base::fail(
        base::internal(fmt::format("the resolver failed on {}", running.job->name), ub_strerror(error))));
    return;
  }
  running.job->finish(to_validation(*result, running.job->type));
}

}  // namespace paynamed::names
