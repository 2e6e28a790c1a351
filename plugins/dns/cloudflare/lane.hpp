// Lane: all that is asked of one zone by calls of one priority. It looks and writes in turns: whatever came
// while the last request was under way goes into the next one, so that nobody waits for a full batch, and one
// list answers all who want to know what stands at their names.
//
// Threads: on the strand.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "plan.hpp"
#include "record_list.hpp"
#include "writer.hpp"

namespace paynamed::cloudflare {

class Lane {
 public:
  // `records`, `writer` and `settings` outlive it.
  Lane(RecordList& records, Writer& writer, const Settings& settings, bool background)
      : records_(records), writer_(writer), settings_(settings), background_(background) {}

  using Looked = std::function<void(const Result<Found>&)>;
  // What stands at the name now, seen after this call began; fails as Api::send(). `wanted` says whether it
  // is still worth a request; when not, `then` is dropped.
  void look(std::string name, std::function<bool()> wanted, Looked then);

  using Wrote = std::function<void(const Outcome&)>;
  // Does the writes as one. `begin` is asked just before they are sent; when it says no, `then` is dropped.
  void write(Writes writes, std::function<bool()> begin, Wrote then);

 private:
  struct Look {
    std::string name;
    std::function<bool()> wanted;
    Looked then;
  };
  struct WaitingWrite {
    Writes writes;
    std::function<bool()> begin;
    Wrote then;
  };
  // The looks of one round by their names.
  using Asked = std::map<std::string, std::vector<Looked>>;

  void step();
  void look_round();
  void look_at_each(const std::shared_ptr<Asked>& asked);
  void look_at_all(const std::shared_ptr<Asked>& asked);
  void write_round();
  void end_round();
  bool a_full_batch_may_follow() const;
  std::size_t most_in_round() const;
  std::size_t most_single_looks() const;

  RecordList& records_;
  Writer& writer_;
  const Settings& settings_;
  const bool background_;
  std::deque<Look> looks_;
  std::deque<WaitingWrite> writes_;
  bool working_ = false;
  int writes_since_look_ = 0;  // rounds of them
};

}  // namespace paynamed::cloudflare
