// Timeline: a run as lines for people, and the drawing of one that goes on.
//
// Threads: pure functions; a Follower belongs to one thread.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "ctl/terminal.hpp"

namespace paynamed::ctl {

// The words for a step: "TXT record published" for dns.publish, the id for a kind that is not ours.
std::string words_for_step(std::string_view kind, std::string_view id);

// One line for each step: mark, words, elapsed time, message.
std::vector<std::string> timeline_lines(const boost::json::object& run, base::WallTime now,
                                        const Style& style);

// The whole of it, with a head; for `runs show`.
std::string timeline_text(const boost::json::object& run, base::WallTime now, const Style& style);

// Whether nothing more will come by itself: completed, compensated or paused.
bool is_settled(const boost::json::object& run);

// Turns one view of a run after the other into what has to be written. A terminal is redrawn in place;
// elsewhere a step gets a line when it begins to wait, is over, or has something new to say.
class Follower {
 public:
  explicit Follower(Style style) : style_(style) {}
  std::string update(const boost::json::object& run, base::WallTime now);

 private:
  std::string redraw(const std::vector<std::string>& lines);

  const Style style_;
  std::size_t drawn_ = 0;                    // lines on the terminal
  std::string last_;                         // what was drawn last
  std::map<std::string, std::string> told_;  // by step: what was said of it
};

// A member as text; empty when it is absent, null or of another type.
std::string text_of(const boost::json::object& object, std::string_view member);

}  // namespace paynamed::ctl
