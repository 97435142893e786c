/** The command layer of `escpos` 3 without its core, which loads picture decoders. Only the constants that are used. */
declare module 'escpos/commands.js' {
  const commands: {
    readonly HARDWARE: { readonly HW_INIT: string };
    readonly PAPER: { readonly PAPER_CUT_B: string };
    readonly GSV0_FORMAT: { readonly GSV0_NORMAL: string };
  };
  export default commands;
}
