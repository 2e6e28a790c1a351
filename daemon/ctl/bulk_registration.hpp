// BulkRegistration: the rows of a file become names, as fast as the daemon takes them and no faster.
//
// Sent are batches; what is refused for lack of room (429, 503) is sent again when the daemon says, in
// smaller batches. What becomes of the runs is read from the events, not asked of each. At no time are more
// than a few thousand rows in memory.
//
// Threads: one thread at a time.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ctl/bulk_file.hpp"
#include "ctl/bulk_report.hpp"
#include "ctl/bulk_rows.hpp"
#include "ctl/bulk_state.hpp"
#include "ctl/commands.hpp"

namespace paynamed::ctl {

class BulkRegistration {
 public:
  // What is given outlives this. The file has been checked.
  BulkRegistration(Context& context, const BulkOption& option, BulkFile& file, BulkState& state,
                   BulkFailures& failures);

  // Until every run has ended or is paused. Something else than kOk when it had to stop before; what was done
  // is in the state. kNotReached when paused runs take all places of `in_flight`.
  Exit run();
  BulkCounts counts() const;

 private:
  struct Sent {
    BulkRow row;
    unsigned attempts = 0;
  };
  struct Open {
    BulkRow row;
    bool paused = false;
    std::string reason;
  };

  // --- sending (bulk_sending.cpp)
  std::optional<Exit> send_some();
  std::vector<Sent> next_batch();
  std::optional<Sent> next_row();
  HttpCall call_for(const BulkRow& row) const;
  std::optional<Exit> take_reply(Sent sent, const base::Result<HttpReply>& reply);
  std::optional<Exit> take_answer(Sent sent, const HttpReply& reply);
  void take_run(BulkRow row, const boost::json::object& answer);
  void send_again(Sent sent, base::Duration pause, std::string why);
  std::optional<Exit> give_up(const base::Status& status);

  // --- what becomes of the runs (bulk_registration.cpp)
  std::optional<Exit> begin_following();
  std::optional<Exit> read_events(bool wait);
  std::optional<Exit> begin_events_anew();
  std::optional<Exit> ask_for_runs();
  std::optional<Exit> take_run_reply(const std::string& run, const base::Result<HttpReply>& reply);
  void take_event(const boost::json::object& event);
  void take_end(const std::string& run, std::string_view state, const std::string& reason);
  bool waits_for_runs() const { return open_.size() > paused_; }
  bool is_full() const { return open_.size() >= option_.in_flight; }
  Exit end(Exit exit);

  Context& context_;
  const BulkOption& option_;
  BulkFile& file_;
  BulkState& state_;
  BulkFailures& failures_;
  BulkRows rows_;
  BulkProgress progress_;
  bool all_read_ = false;
  std::deque<Sent> again_;
  std::map<std::string, Open> open_;  // by run
  std::size_t paused_ = 0;
  std::vector<std::string> unasked_;  // runs whose state no event tells
  bool changed_ = false;              // the file, since it was checked
  std::size_t window_;                // rows in the next batch
  base::MonotonicTime not_before_;
  std::string held_;
  unsigned silent_ = 0;  // batches in a row that nobody answered
};

}  // namespace paynamed::ctl
