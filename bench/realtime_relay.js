// The same wire without rules, order on disk or ticks: what node's socket.io spends on relaying.
const { Server } = require("socket.io");
const io = new Server(Number(process.argv[2]), { transports: ["websocket"], perMessageDeflate: false });
let seq = 0;
io.on("connection", (socket) => {
  socket.on("board.join", (said, answer) => {
    socket.join(said.board);
    socket.data.board = said.board;
    answer({ seq, at: Date.now(), role: "member", ops: [] });
  });
  socket.on("board.op", (said) => {
    for (const op of said.ops) {
      seq += 1;
      const told = { ...op, s: seq, c: said.c, m: "" };
      io.to(socket.data.board).emit("ops", { from: seq - 1, to: seq, at: Date.now(), ops: [told] });
    }
  });
});
