#include "ctl/bulk_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/name.hpp"
#include "names/bip321.hpp"
#include "names/bolt12.hpp"
#include "names/utf8.hpp"

namespace paynamed::ctl {
namespace {

namespace json = boost::json;
using base::fail;
using base::invalid_argument;
using base::Result;

// What POST /v1/names takes.
constexpr std::size_t kMaxTextBytes = 256;

constexpr std::array<std::string_view, 4> kPassedOver{"line", "run", "state", "reason"};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

Result<void> check_text(std::string_view what, const std::string& text) {
  const bool control =
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (!names::is_utf8(text)) return fail(invalid_argument(fmt::format("'{}' is no UTF-8 text", what)));
  if (text.size() <= kMaxTextBytes && !control) return {};
  return fail(invalid_argument(
      fmt::format("'{}' must have at most {} bytes and no control characters", what, kMaxTextBytes)));
}

Result<void> check_source(const SourceOption& source) {
  const int given = (source.use_node ? 1 : 0) + (source.uri.empty() ? 0 : 1) + (source.offer.empty() ? 0 : 1);
  if (given > 1) return fail(invalid_argument("only one of 'node', 'uri' and 'offer' may be given"));
  if (!source.offer.empty()) {
    if (const auto offer = names::parse_offer(source.offer); !offer) return fail(offer.error());
  }
  if (!source.uri.empty()) {
    if (const auto uri = names::parse_payment_uri(source.uri); !uri) return fail(uri.error());
  }
  return check_text("node", source.node);
}

// Fields of what is read so far; nothing when a quoted field is still open. RFC 4180 section 2.
std::optional<Result<std::vector<std::string>>> split_record(std::string_view text) {
  std::vector<std::string> fields;
  for (;;) {
    std::string field;
    if (!text.empty() && text.front() == '"') {
      text.remove_prefix(1);
      for (;;) {
        const std::size_t quote = text.find('"');
        if (quote == text.npos) return std::nullopt;
        field.append(text.substr(0, quote));
        text.remove_prefix(quote + 1);
        if (text.empty() || text.front() != '"') break;
        field += '"';
        text.remove_prefix(1);
      }
      if (!text.empty() && text.front() != ',')
        return fail(invalid_argument("behind a closing quote only a comma may stand"));
    } else {
      const std::size_t comma = std::min(text.find(','), text.size());
      field = text.substr(0, comma);
      if (field.find('"') != field.npos)
        return fail(invalid_argument("a field with a quote must be quoted, and the quote in it doubled"));
      text.remove_prefix(comma);
    }
    fields.push_back(std::move(field));
    if (text.empty()) return fields;
    text.remove_prefix(1);
  }
}

Result<std::string> text_member(const json::object& object, std::string_view member) {
  const json::value* value = object.if_contains(member);
  if (value == nullptr || value->is_null()) return std::string{};
  if (value->is_string()) return std::string{std::string_view{value->get_string()}};
  return fail(invalid_argument(fmt::format("'{}' must be a text", member)));
}

Result<void> read_node(const json::object& object, SourceOption& source) {
  const json::value* node = object.if_contains("node");
  if (node == nullptr || node->is_null()) return {};
  source.use_node = true;
  if (node->is_bool() && node->get_bool()) return {};
  auto text = text_member(object, "node");
  if (!text || text->empty())
    return fail(invalid_argument("'node' must be true, or a text with the node's reference"));
  source.node = *std::move(text);
  return {};
}

Result<void> only(const json::object& object, const std::vector<std::string>& known) {
  for (const auto& member : object) {
    const std::string_view key = member.key();
    if (std::ranges::find(known, key) != known.end() ||
        std::ranges::find(kPassedOver, key) != kPassedOver.end())
      continue;
    return fail(invalid_argument(
        fmt::format("'{}' is not known; a row may have {}", key, fmt::join(BulkRows::columns(), ", "))));
  }
  return {};
}

}  // namespace

std::string body_of(const BulkRow& row) {
  json::object body{{"name", row.name}};
  if (!row.owner.empty()) body["owner"] = row.owner;
  if (!row.reference.empty()) body["reference"] = row.reference;
  json::object source;
  if (!row.source.uri.empty()) source["uri"] = row.source.uri;
  if (!row.source.offer.empty()) source["offer"] = row.source.offer;
  if (row.source.use_node)
    source["node"] = row.source.node.empty() ? json::value(true) : json::value(row.source.node);
  if (!source.empty()) body["source"] = std::move(source);
  // Nobody waits for one of many.
  body["priority"] = "bulk";
  return json::serialize(body);
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of("\",\r\n") == text.npos) return std::string{text};
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

const std::vector<std::string>& BulkRows::columns() {
  static const std::vector<std::string> kColumns{"name", "owner", "reference", "node", "uri", "offer"};
  return kColumns;
}

BulkRows::BulkRows(std::istream& stream, std::string domain) : stream_(stream), domain_(std::move(domain)) {}

std::optional<Result<std::string>> BulkRows::read_line() {
  std::string line;
  bool too_long = false;
  bool any = false;
  std::streambuf& buffer = *stream_.rdbuf();
  for (;;) {
    const int c = buffer.sbumpc();
    if (c == std::char_traits<char>::eof()) break;
    any = true;
    if (c == '\n') break;
    if (line.size() >= kMaxRowBytes) {
      too_long = true;
    } else {
      line += static_cast<char>(c);
    }
  }
  if (!any) return std::nullopt;
  ++next_line_;
  if (too_long) return fail(invalid_argument(fmt::format("the line is longer than {} bytes", kMaxRowBytes)));
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

std::optional<Result<std::vector<std::string>>> BulkRows::read_record(std::string first) {
  for (;;) {
    if (auto fields = split_record(first)) return fields;
    auto more = read_line();
    if (!more) return fail(invalid_argument("a quoted field is not closed"));
    if (!*more) return fail(more->error());
    first += '\n' + **more;
    if (first.size() > kMaxRowBytes) {
      // What is behind it may be inside of the field or not.
      broken_ = true;
      return fail(invalid_argument("a quoted field does not end; close it"));
    }
  }
}

std::optional<Result<BulkRow>> BulkRows::next() {
  while (!broken_) {
    row_line_ = next_line_;
    auto line = read_line();
    if (!line) return std::nullopt;
    if (!*line) return fail(line->error());
    std::string text = **std::move(line);
    // The byte order mark that spreadsheets write.
    if (row_line_ == 1 && text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (trimmed(text).empty()) continue;
    if (format_ == Format::kUnknown)
      format_ = trimmed(text).front() == '{' ? Format::kJsonLines : Format::kCsv;
    if (format_ == Format::kJsonLines) return row_of_json(text);
    auto fields = read_record(std::move(text));
    if (head_.empty()) {
      auto taken = *fields ? take_head(**fields) : fail(fields->error());
      if (taken) continue;
      broken_ = true;
      return fail(taken.error());
    }
    if (!*fields) return fail(fields->error());
    return row_of_fields(**fields);
  }
  return std::nullopt;
}

Result<void> BulkRows::take_head(const std::vector<std::string>& head) {
  for (const std::string& raw : head) {
    std::string column{trimmed(raw)};
    std::ranges::transform(column, column.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const bool is_known = std::ranges::find(columns(), column) != columns().end();
    if (!is_known && std::ranges::find(kPassedOver, column) == kPassedOver.end()) {
      return fail(invalid_argument(fmt::format("the column '{}' is not known; the head may have {}", column,
                                               fmt::join(columns(), ", "))));
    }
    if (std::ranges::find(head_, column) != head_.end())
      return fail(invalid_argument(fmt::format("the head has the column '{}' twice", column)));
    head_.push_back(std::move(column));
  }
  if (std::ranges::find(head_, "name") == head_.end())
    return fail(invalid_argument("the head has no column 'name'; the first line must name the columns"));
  return {};
}

Result<BulkRow> BulkRows::row_of_fields(const std::vector<std::string>& fields) const {
  if (fields.size() != head_.size()) {
    return fail(
        invalid_argument(fmt::format("the row has {} fields, and the head {}", fields.size(), head_.size())));
  }
  BulkRow row;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string value{trimmed(fields[i])};
    if (head_[i] == "name") row.name = value;
    if (head_[i] == "owner") row.owner = value;
    if (head_[i] == "reference") row.reference = value;
    if (head_[i] == "uri") row.source.uri = value;
    if (head_[i] == "offer") row.source.offer = value;
    if (head_[i] == "node" && !value.empty()) {
      row.source.use_node = true;
      if (value != "true") row.source.node = value;
    }
  }
  return checked(std::move(row));
}

Result<BulkRow> BulkRows::row_of_json(const std::string& text) const {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object())
    return fail(invalid_argument("the line is no JSON object; write one object a line"));
  const json::object& object = value.get_object();
  if (auto known = only(object, {"name", "owner", "reference", "node", "uri", "offer", "source"}); !known)
    return fail(known.error());
  BulkRow row;
  for (const auto& [member, into] : {std::pair{"name", &row.name}, std::pair{"owner", &row.owner},
                                     std::pair{"reference", &row.reference}}) {
    auto read = text_member(object, member);
    if (!read) return fail(read.error());
    *into = *std::move(read);
  }
  json::object source = object;
  if (const json::value* inner = object.if_contains("source"); inner != nullptr && !inner->is_null()) {
    if (!inner->is_object() || object.contains("node") || object.contains("uri") || object.contains("offer"))
      return fail(
          invalid_argument("'source' must be an object, and then the only place for node, uri, offer"));
    source = inner->get_object();
    if (auto known = only(source, {"node", "uri", "offer"}); !known) return fail(known.error());
  }
  for (const auto& [member, into] :
       {std::pair{"uri", &row.source.uri}, std::pair{"offer", &row.source.offer}}) {
    auto read = text_member(source, member);
    if (!read) return fail(read.error());
    *into = *std::move(read);
  }
  if (auto read = read_node(source, row.source); !read) return fail(read.error());
  return checked(std::move(row));
}

Result<BulkRow> BulkRows::checked(BulkRow row) const {
  row.line = row_line_;
  if (row.name.empty()) return fail(invalid_argument("the row has no name"));
  const bool has_domain = row.name.find('@') != row.name.npos;
  if (!has_domain && domain_.empty()) {
    return fail(
        invalid_argument(fmt::format("'{0}' has no domain; write {0}@<domain>, or give --domain", row.name)));
  }
  auto name = has_domain ? base::Name::parse(row.name) : base::Name::from_parts(row.name, domain_);
  if (!name) return fail(name.error());
  row.name = name->text();
  for (const auto& [what, text] : {std::pair{"owner", &row.owner}, std::pair{"reference", &row.reference}}) {
    if (auto fits = check_text(what, *text); !fits) return fail(fits.error());
  }
  if (auto fits = check_source(row.source); !fits) return fail(fits.error());
  return row;
}

}  // namespace paynamed::ctl
