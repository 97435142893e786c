export { BottomBar, LANG_NAMES, TopBar } from './bars.tsx';
export { HeldValue, HeldValues } from './held.tsx';
export { Icon } from './icon.tsx';
export { Paged } from './paged.tsx';
export { Press } from './press.tsx';
export { Answer, Choice, Choices, Question } from './question.tsx';
export { Pictured, SlotPicture } from './slot.tsx';
export { BigNumber, Fault, Lines, Notice, Waiting } from './told.tsx';
