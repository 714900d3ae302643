// One of two files that include everything: the headers alone must link twice.
#include <rts/rts.hpp>
int second();
int main() { return second() == rts::Trainer<>::plan().epochs ? 0 : 1; }
