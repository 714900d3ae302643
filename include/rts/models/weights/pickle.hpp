#pragma once
// A pickle reader that can build dicts, lists, tuples, numbers, text and tensor descriptions, and nothing else.
// Any other name in the stream is refused before anything happens with it.

#include <rts/core/error.hpp>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace rts::inline RTS_ABI::models::pickle {

struct StorageSpec {
  std::string type;  ///< "FloatStorage"
  std::string key;
};
struct TensorSpec {
  StorageSpec storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape, stride;
};

/// One object of the stream. Containers are shared, as in Python.
class Value {
 public:
  struct Nothing {};
  struct Mark {};
  struct Global {
    std::string name;
  };
  struct Bytes {
    std::string data;
  };
  using List = std::vector<Value>;
  using Dict = std::vector<std::pair<Value, Value>>;
  struct Tuple {
    std::shared_ptr<List> items;
  };
  using Data = std::variant<Nothing, Mark, bool, std::int64_t, double, std::string, Bytes, Global, Tuple, std::shared_ptr<List>, std::shared_ptr<Dict>, StorageSpec, std::shared_ptr<TensorSpec>>;

  Value() = default;
  template <class T>
  explicit Value(T data) : data_(std::move(data)) {}

  template <class T>
  bool is() const { return std::holds_alternative<T>(data_); }
  template <class T>
  const T& as() const { return std::get<T>(data_); }
  bool is_text() const { return is<std::string>(); }
  bool is_bytes() const { return is<Bytes>(); }
  bool is_dict() const { return is<std::shared_ptr<Dict>>(); }
  bool is_list() const { return is<std::shared_ptr<List>>(); }
  bool is_tensor() const { return is<std::shared_ptr<TensorSpec>>(); }
  const std::string& text() const { return as<std::string>(); }
  const std::string& bytes() const { return as<Bytes>().data; }
  const Dict& dict() const { return *as<std::shared_ptr<Dict>>(); }
  const List& list() const { return *as<std::shared_ptr<List>>(); }
  const TensorSpec& tensor() const { return *as<std::shared_ptr<TensorSpec>>(); }

 private:
  Data data_;
};

/// Reads pickles one after another. errors: RTS-W52 malformed, RTS-W54 a name outside the short list.
class Reader {
 public:
  Reader(const std::string& bytes, std::string where) : bytes_(bytes), where_(std::move(where)) {}

  Value next() {
    stack_.clear();
    memo_.clear();
    for (std::size_t steps = 0;; ++steps) {
      if (steps > 50'000'000 || stack_.size() > 5'000'000) fail("too many operations", "a state dict");
      const unsigned char op = u8();
      if (op == '.') return pop();
      step(op);
    }
  }
  std::size_t position() const { return at_; }
  const std::vector<StorageSpec>& storages() const { return storages_; }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& expected) const {
    throw DataError({.code = "RTS-W52", .what = "malformed weights file: " + what, .where = where_ + ", byte " + std::to_string(at_), .expected = expected, .fix = "download or convert the file again; nothing of it was used"});
  }
  unsigned char u8() {
    if (at_ >= bytes_.size()) fail("truncated pickle", "more bytes");
    return static_cast<unsigned char>(bytes_[at_++]);
  }
  std::uint64_t little(int n) {
    std::uint64_t v = 0;
    for (int i = 0; i < n; ++i) v |= static_cast<std::uint64_t>(u8()) << (8 * i);
    return v;
  }
  std::string take(std::uint64_t n) {
    if (n > bytes_.size() - at_) fail("truncated pickle", std::to_string(n) + " bytes");
    std::string s = bytes_.substr(at_, n);
    at_ += n;
    return s;
  }
  std::string line() {
    const auto end = bytes_.find('\n', at_);
    if (end == std::string::npos || end - at_ > 4096) fail("truncated pickle", "a line");
    std::string s = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return s;
  }
  Value pop() {
    if (stack_.empty()) fail("empty stack", "a value");
    Value v = std::move(stack_.back());
    stack_.pop_back();
    return v;
  }
  void push(Value v) { stack_.push_back(std::move(v)); }
  Value::List pop_to_mark() {
    Value::List items;
    while (!stack_.empty() && !stack_.back().is<Value::Mark>()) items.push_back(pop());
    pop();
    return {std::make_move_iterator(items.rbegin()), std::make_move_iterator(items.rend())};
  }
  Value& top() {
    if (stack_.empty()) fail("empty stack", "a container");
    return stack_.back();
  }
  void remember(std::uint64_t index) {
    if (index > 5'000'000) fail("memo index out of range", "a smaller one");
    if (memo_.size() <= index) memo_.resize(index + 1);
    memo_[index] = top();
  }
  Value recall(std::uint64_t index) {
    if (index >= memo_.size()) fail("unknown memo index", "one that was stored");
    return memo_[index];
  }
  void tuple(int n) {
    auto items = std::make_shared<Value::List>(static_cast<std::size_t>(n));
    for (int i = n - 1; i >= 0; --i) (*items)[static_cast<std::size_t>(i)] = pop();
    push(Value(Value::Tuple{items}));
  }
  Value::Dict& dict_on_top() {
    if (!top().is_dict()) fail("not a dict", "dict");
    return *top().as<std::shared_ptr<Value::Dict>>();
  }
  Value::List& list_on_top() {
    if (!top().is_list()) fail("not a list", "list");
    return *top().as<std::shared_ptr<Value::List>>();
  }

  void global(const std::string& module, const std::string& name) {
    const std::string full = module + "." + name;
    const bool storage = (module == "torch" && name.size() > 7 && name.ends_with("Storage"));
    if (!storage && full != "collections.OrderedDict" && full != "torch._utils._rebuild_tensor_v2" && full != "torch._utils._rebuild_parameter")
      throw DataError({.code = "RTS-W54", .what = "the weights file wants to run code", .where = where_, .expected = "tensors by name only", .found = full, .fix = "do not trust this file; ask for a state dict, best as safetensors. Nothing was executed"});
    push(Value(Value::Global{storage ? name : full}));
  }

  std::int64_t integer(const Value& v) const {
    if (!v.is<std::int64_t>()) fail("not an integer", "integer");
    return v.as<std::int64_t>();
  }
  std::vector<std::int64_t> integers(const Value& v) const {
    if (!v.is<Value::Tuple>()) fail("not a tuple", "tuple of integers");
    std::vector<std::int64_t> out;
    for (const Value& item : *v.as<Value::Tuple>().items) out.push_back(integer(item));
    return out;
  }
  void reduce() {
    const Value args = pop(), callable = pop();
    if (!callable.is<Value::Global>() || !args.is<Value::Tuple>()) fail("call of something that is no name", "a constructor");
    const std::string& name = callable.as<Value::Global>().name;
    const Value::List& a = *args.as<Value::Tuple>().items;
    if (name == "collections.OrderedDict") {
      if (!a.empty() && !(a.size() == 1 && a[0].is_list() && a[0].list().empty())) fail("OrderedDict with arguments", "none");
      push(Value(std::make_shared<Value::Dict>()));
    } else if (name == "torch._utils._rebuild_tensor_v2") {
      if (a.size() < 4 || !a[0].is<StorageSpec>()) fail("incomplete tensor", "storage, offset, shape, strides");
      auto t = std::make_shared<TensorSpec>();
      t->storage = a[0].as<StorageSpec>();
      t->offset = integer(a[1]);
      t->shape = integers(a[2]);
      t->stride = integers(a[3]);
      push(Value(std::move(t)));
    } else if (name == "torch._utils._rebuild_parameter") {
      if (a.empty() || !a[0].is_tensor()) fail("incomplete parameter", "a tensor");
      push(a[0]);
    } else {
      fail("call of a storage type", "OrderedDict or a tensor");
    }
  }
  void persistent_id() {
    const Value id = pop();
    if (!id.is<Value::Tuple>()) fail("storage without description", "tuple");
    const Value::List& a = *id.as<Value::Tuple>().items;
    if (a.size() < 5 || !a[0].is_text() || a[0].text() != "storage" || !a[1].is<Value::Global>() || !a[2].is_text()) fail("storage without description", "('storage', type, key, device, size)");
    if (a.size() > 5 && !a[5].is<Value::Nothing>()) fail("a view as storage", "a whole storage");
    StorageSpec s{a[1].as<Value::Global>().name, a[2].text()};
    bool seen = false;
    for (const StorageSpec& k : storages_) seen = seen || k.key == s.key;
    if (!seen) storages_.push_back(s);
    push(Value(std::move(s)));
  }

  void step(unsigned char op) {
    switch (op) {
      case 0x80: u8(); return;                                   // protocol
      case 0x95: little(8); return;                              // frame
      case '(': push(Value(Value::Mark{})); return;
      case '0': pop(); return;
      case '}': push(Value(std::make_shared<Value::Dict>())); return;
      case ']': push(Value(std::make_shared<Value::List>())); return;
      case ')': push(Value(Value::Tuple{std::make_shared<Value::List>()})); return;
      case 't': push(Value(Value::Tuple{std::make_shared<Value::List>(pop_to_mark())})); return;
      case 0x85: tuple(1); return;
      case 0x86: tuple(2); return;
      case 0x87: tuple(3); return;
      case 'N': push(Value(Value::Nothing{})); return;
      case 0x88: push(Value(true)); return;
      case 0x89: push(Value(false)); return;
      case 'J': push(Value(static_cast<std::int64_t>(static_cast<std::int32_t>(little(4))))); return;
      case 'K': push(Value(static_cast<std::int64_t>(u8()))); return;
      case 'M': push(Value(static_cast<std::int64_t>(little(2)))); return;
      case 0x8a: {  // long: integers up to 64 bits, longer ones as bytes
        const std::string raw = take(u8());
        if (raw.size() > 8) {
          push(Value(Value::Bytes{raw}));
          return;
        }
        std::uint64_t v = !raw.empty() && (raw.back() & 0x80) ? ~std::uint64_t{0} : 0;
        for (std::size_t i = raw.size(); i-- > 0;) v = v << 8 | static_cast<unsigned char>(raw[i]);
        push(Value(static_cast<std::int64_t>(v)));
        return;
      }
      case 'G': {
        std::uint64_t v = 0;
        for (int i = 0; i < 8; ++i) v = v << 8 | u8();
        double d;
        std::memcpy(&d, &v, 8);
        push(Value(d));
        return;
      }
      case 'X': push(Value(take(little(4)))); return;
      case 0x8c: push(Value(take(u8()))); return;
      case 'U': push(Value(take(u8()))); return;
      case 'T': push(Value(take(little(4)))); return;
      case 'C': push(Value(Value::Bytes{take(u8())})); return;
      case 'B': push(Value(Value::Bytes{take(little(4))})); return;
      case 'q': remember(u8()); return;
      case 'r': remember(little(4)); return;
      case 0x94: remember(memo_.size()); return;
      case 'h': push(recall(u8())); return;
      case 'j': push(recall(little(4))); return;
      case 'c': {
        const std::string module = line();
        global(module, line());
        return;
      }
      case 0x93: {
        const Value name = pop(), module = pop();
        if (!name.is_text() || !module.is_text()) fail("a name that is no text", "text");
        global(module.text(), name.text());
        return;
      }
      case 'R': reduce(); return;
      case 'b': pop(); return;  // attributes such as _metadata are dropped
      case 'Q': persistent_id(); return;
      case 's': {
        Value v = pop(), k = pop();
        dict_on_top().emplace_back(std::move(k), std::move(v));
        return;
      }
      case 'u': {
        Value::List items = pop_to_mark();
        if (items.size() % 2) fail("a key without value", "pairs");
        auto& d = dict_on_top();
        for (std::size_t i = 0; i < items.size(); i += 2) d.emplace_back(std::move(items[i]), std::move(items[i + 1]));
        return;
      }
      case 'a': {
        Value v = pop();
        list_on_top().push_back(std::move(v));
        return;
      }
      case 'e': {
        Value::List items = pop_to_mark();
        auto& l = list_on_top();
        for (Value& v : items) l.push_back(std::move(v));
        return;
      }
      default: fail("operation " + std::to_string(op) + " is not part of a state dict", "tensors by name");
    }
  }

  const std::string& bytes_;
  std::string where_;
  std::size_t at_ = 0;
  std::vector<Value> stack_, memo_;
  std::vector<StorageSpec> storages_;
};

/// Writes an OrderedDict of tensors in protocol 2, as torch.save does.
class Writer {
 public:
  void begin_dict() { out_ =
                          "\x80\x02"
                          "ccollections\nOrderedDict\n)R("; }
  void tensor(const std::string& name, const char* storage_type, const std::string& key, std::int64_t elements, const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& stride) {
    text(name);
    out_ += "ctorch._utils\n_rebuild_tensor_v2\n((";
    text("storage");
    out_ += std::string("ctorch\n") + storage_type + "\n";
    text(key);
    text("cpu");
    number(elements);
    out_ += "tQK";
    out_ += '\0';
    numbers(shape);
    numbers(stride);
    out_ +=
        "\x89"
        "ccollections\nOrderedDict\n)RtR";
  }
  std::string finish() { return out_ + "u."; }

 private:
  void text(const std::string& s) {
    out_ += 'X';
    for (int i = 0; i < 4; ++i) out_ += static_cast<char>(s.size() >> (8 * i));
    out_ += s;
  }
  void number(std::int64_t v) {
    out_ += "\x8a\x08";
    for (int i = 0; i < 8; ++i) out_ += static_cast<char>(static_cast<std::uint64_t>(v) >> (8 * i));
  }
  void numbers(const std::vector<std::int64_t>& values) {
    out_ += '(';
    for (const std::int64_t v : values) number(v);
    out_ += 't';
  }
  std::string out_;
};

}  // namespace rts::inline RTS_ABI::models::pickle
