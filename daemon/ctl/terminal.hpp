// Style and Table: how things look for people.
//
// Threads: value types and pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace paynamed::ctl {

struct Style {
  bool colours = false;
  bool redraws = false;      // a terminal that can move its cursor
  std::size_t width = 80;    // columns; 0: no bound
  bool is_terminal = false;  // of any kind
};

// What standard output can show: colours only on a terminal and without NO_COLOR (no-color.org).
Style style_of_output();

enum class Colour { kNone, kGreen, kRed, kYellow, kDim };
std::string painted(std::string_view text, Colour colour, const Style& style);

// Text from the daemon without control characters, so that it cannot steer the terminal.
std::string printable(std::string_view text);

// Columns that a text takes, counted in code points.
std::size_t columns_of(std::string_view text);
// At most `columns`, with an ellipsis when something is cut.
std::string cut(std::string_view text, std::size_t columns);

struct Cell {
  std::string text;
  Colour colour = Colour::kNone;
};

// Aligned columns with a head. Rows that would be wider than the terminal are cut in their last column.
class Table {
 public:
  explicit Table(std::vector<std::string> head) : head_(std::move(head)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  std::string render(const Style& style) const;

 private:
  std::vector<std::string> head_;
  std::vector<std::vector<Cell>> rows_;
};

// The colour of a state of a name, a run or a plugin.
Colour colour_of_state(std::string_view state);

}  // namespace paynamed::ctl
