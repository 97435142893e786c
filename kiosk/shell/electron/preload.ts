/** Runs in the page's sandbox before the page does. It gives the page nothing; it only takes pinch zoom away. */
import { webFrame } from 'electron';

webFrame.setVisualZoomLevelLimits(1, 1);
webFrame.setZoomFactor(1);
